;; Opens the path in its argument 1 for reading, from each folder that it was given, and writes what
;; it reads; with an argument 2, it first makes a link to that, named `link`. Its exit code is the
;; error of the last open.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink"
    (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 512) "link")
  (func $length (param $text i32) (result i32) (local $n i32)
    (loop $more
      (if (i32.load8_u (i32.add (local.get $text) (local.get $n)))
        (then
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $more))))
    (local.get $n))
  (func (export "_start") (local $path i32) (local $error i32) (local $folder i32)
    (drop (call $sizes (i32.const 16) (i32.const 20)))
    (drop (call $get (i32.const 1024) (i32.const 4096)))
    (if (i32.gt_u (i32.load (i32.const 16)) (i32.const 2))
      (then
        (local.set $path (i32.load (i32.const 1032)))
        (drop
          (call $symlink (local.get $path) (call $length (local.get $path))
            (i32.const 3) (i32.const 512) (i32.const 4)))))
    (local.set $path (i32.load (i32.const 1028)))
    (local.set $folder (i32.const 3))
    (loop $folders
      (local.set $error
        (call $open (local.get $folder) (i32.const 1) (local.get $path)
          (call $length (local.get $path)) (i32.const 0)
          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 24)))
      (if (i32.eqz (local.get $error))
        (then
          (i32.store (i32.const 0) (i32.const 8192))
          (i32.store (i32.const 4) (i32.const 65536))
          (drop (call $read (i32.load (i32.const 24)) (i32.const 0) (i32.const 1) (i32.const 8)))
          (i32.store (i32.const 4) (i32.load (i32.const 8)))
          (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
          (call $exit (i32.const 0))))
      (local.set $folder (i32.add (local.get $folder) (i32.const 1)))
      (br_if $folders (i32.lt_u (local.get $folder) (i32.const 8))))
    (call $exit (local.get $error))))
