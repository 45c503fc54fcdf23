;; Makes 300 folders with long names, each in the one before: a path that is longer than a system takes.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $create (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd")
  (func (export "_start") (local $folder i32) (local $n i32)
    (local.set $folder (i32.const 3))
    (loop $more
      (if (call $create (local.get $folder) (i32.const 512) (i32.const 60))
        (then (call $exit (i32.const 1))))
      (if (call $open (local.get $folder) (i32.const 0) (i32.const 512) (i32.const 60) (i32.const 2)
            (i64.const 0x6200) (i64.const 0x6200) (i32.const 0) (i32.const 24))
        (then (call $exit (i32.const 2))))
      (if (i32.ne (local.get $folder) (i32.const 3))
        (then (drop (call $close (local.get $folder)))))
      (local.set $folder (i32.load (i32.const 24)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $n) (i32.const 300))))))
