;; Makes two files of 200 MiB (of nothing) in its own folder, then goes on for ever.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "ab")
  (func $make (param $name i32) (local $error i32)
    (local.set $error
      (call $open (i32.const 3) (i32.const 0) (local.get $name) (i32.const 1) (i32.const 1)
        (i64.const 0x400040) (i64.const 0) (i32.const 0) (i32.const 24)))
    (if (local.get $error) (then (call $exit (local.get $error))))
    (local.set $error (call $size (i32.load (i32.const 24)) (i64.const 209715200)))
    (if (local.get $error) (then (call $exit (local.get $error)))))
  (func (export "_start")
    (call $make (i32.const 512))
    (call $make (i32.const 513))
    (loop $for_ever (br $for_ever))))
