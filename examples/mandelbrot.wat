;; A part of the Mandelbrot set: a real job, small enough to be read in one go.
;;
;;   mandelbrot.wasm                        a picture in characters, 72 x 28, for a terminal
;;   mandelbrot.wasm ZOOM X Y [SIZE]        a square tile as an image (binary PGM, 8 bits)
;;
;; Tiles are numbered as those of a map: ZOOM 0 is one tile, from -2.5-2i, 4 wide; each further
;; ZOOM cuts a tile into four. SIZE is 1 to 4096 points, 256 unless told. A point's brightness is
;; how many steps (at most 255) it takes to leave the circle |z| = 2; 0 is for those that never do.
;;
;; WASI preview 1: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; 0 iovec (address, length), 8 bytes written, 16 number of arguments, 20 their bytes,
  ;; 64 text being made, 512 constant texts, 1024 addresses of arguments, 2048 arguments, 4096 a row
  (memory (export "memory") 1)
  (data (i32.const 512) "usage: mandelbrot.wasm [ZOOM X Y [SIZE]]  (ZOOM to 40, SIZE to 4096)\0a")
  (data (i32.const 600) "progress: ")
  (data (i32.const 616) " .,:;-=+*#%@")
  (data (i32.const 640) "P5\0a")
  (data (i32.const 644) "\0a255\0a")

  ;; Writes all of the bytes to a stream. A short write is gone on with; an error ends the program.
  (func $write (param $stream i32) (param $address i32) (param $length i32)
    (loop $more
      (i32.store (i32.const 0) (local.get $address))
      (i32.store (i32.const 4) (local.get $length))
      (if (call $fd_write (local.get $stream) (i32.const 0) (i32.const 1) (i32.const 8))
        (then (call $proc_exit (i32.const 1))))
      (local.set $address (i32.add (local.get $address) (i32.load (i32.const 8))))
      (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 8))))
      (br_if $more (local.get $length))))

  ;; Writes a number in decimal digits, which it makes from the last to the first, before 96.
  (func $write_number (param $stream i32) (param $value i32)
    (local $at i32)
    (local.set $at (i32.const 96))
    (loop $more
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10))))
      (local.set $value (i32.div_u (local.get $value) (i32.const 10)))
      (br_if $more (local.get $value)))
    (call $write (local.get $stream) (local.get $at) (i32.sub (i32.const 96) (local.get $at))))

  (func $usage
    (call $write (i32.const 2) (i32.const 512) (i32.const 69))
    (call $proc_exit (i32.const 2)))

  ;; The argument with that index as a number from 0 to $most; anything else ends the program.
  (func $argument (param $index i32) (param $most i64) (result i64)
    (local $at i32) (local $digit i32) (local $value i64)
    (local.set $at
      (i32.load (i32.add (i32.const 1024) (i32.shl (local.get $index) (i32.const 2)))))
    (loop $more
      (local.set $digit (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
      (if (i32.gt_u (local.get $digit) (i32.const 9)) (then (call $usage)))
      (local.set $value
        (i64.add (i64.mul (local.get $value) (i64.const 10))
                 (i64.extend_i32_u (local.get $digit))))
      (if (i64.gt_u (local.get $value) (local.get $most)) (then (call $usage)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i32.load8_u (local.get $at))))
    (local.get $value))

  ;; How many steps z = z*z + c takes from 0 to leave the circle, 0 where 255 are not enough.
  (func $steps (param $cx f64) (param $cy f64) (result i32)
    (local $x f64) (local $y f64) (local $xx f64) (local $yy f64) (local $n i32)
    (loop $more
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (if (i32.gt_u (local.get $n) (i32.const 255)) (then (return (i32.const 0))))
      (local.set $y
        (f64.add (f64.mul (f64.mul (f64.const 2) (local.get $x)) (local.get $y)) (local.get $cy)))
      (local.set $x (f64.add (f64.sub (local.get $xx) (local.get $yy)) (local.get $cx)))
      (local.set $xx (f64.mul (local.get $x) (local.get $x)))
      (local.set $yy (f64.mul (local.get $y) (local.get $y)))
      (br_if $more (f64.le (f64.add (local.get $xx) (local.get $yy)) (f64.const 4))))
    (local.get $n))

  ;; The character for a number of steps: the more, the darker; those that never leave the darkest.
  (func $character (param $steps i32) (result i32)
    (local $shade i32)
    (local.set $shade (i32.const 11))
    (if (local.get $steps)
      (then
        (local.set $shade (i32.sub (local.get $steps) (i32.const 1)))
        (if (i32.gt_u (local.get $shade) (i32.const 10))
          (then (local.set $shade (i32.const 10))))))
    (i32.load8_u (i32.add (i32.const 616) (local.get $shade))))

  ;; Draws row by row from the upper left corner, and tells its progress after each row.
  (func $draw (param $text i32) (param $width i32) (param $height i32)
              (param $left f64) (param $top f64) (param $dx f64) (param $dy f64)
    (local $row i32) (local $column i32) (local $steps i32) (local $length i32)
    (loop $rows
      (local.set $column (i32.const 0))
      (loop $columns
        (local.set $steps
          (call $steps
            (f64.add (local.get $left)
              (f64.mul (f64.add (f64.convert_i32_u (local.get $column)) (f64.const 0.5))
                       (local.get $dx)))
            (f64.add (local.get $top)
              (f64.mul (f64.add (f64.convert_i32_u (local.get $row)) (f64.const 0.5))
                       (local.get $dy)))))
        (if (local.get $text)
          (then (local.set $steps (call $character (local.get $steps)))))
        (i32.store8 (i32.add (i32.const 4096) (local.get $column)) (local.get $steps))
        (local.set $column (i32.add (local.get $column) (i32.const 1)))
        (br_if $columns (i32.lt_u (local.get $column) (local.get $width))))
      (i32.store8 (i32.add (i32.const 4096) (local.get $width)) (i32.const 10)) ;; a line's end
      (call $write (i32.const 1) (i32.const 4096) (i32.add (local.get $width) (local.get $text)))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (call $write (i32.const 2) (i32.const 600) (i32.const 10))
      (call $write_number (i32.const 2)
        (i32.div_u (i32.mul (local.get $row) (i32.const 100)) (local.get $height)))
      (call $write (i32.const 2) (i32.const 642) (i32.const 1))
      (br_if $rows (i32.lt_u (local.get $row) (local.get $height)))))

  (func $tile (param $zoom i64) (param $x i64) (param $y i64) (param $size i32)
    (local $side f64) (local $step f64)
    (local.set $side
      (f64.div (f64.const 4) (f64.convert_i64_u (i64.shl (i64.const 1) (local.get $zoom)))))
    (local.set $step (f64.div (local.get $side) (f64.convert_i32_u (local.get $size))))
    (call $write (i32.const 1) (i32.const 640) (i32.const 3))
    (call $write_number (i32.const 1) (local.get $size))
    (i32.store8 (i32.const 64) (i32.const 32))
    (call $write (i32.const 1) (i32.const 64) (i32.const 1))
    (call $write_number (i32.const 1) (local.get $size))
    (call $write (i32.const 1) (i32.const 644) (i32.const 5))
    (call $draw (i32.const 0) (local.get $size) (local.get $size)
      (f64.add (f64.const -2.5) (f64.mul (f64.convert_i64_u (local.get $x)) (local.get $side)))
      (f64.add (f64.const -2) (f64.mul (f64.convert_i64_u (local.get $y)) (local.get $side)))
      (local.get $step) (local.get $step)))

  (func (export "_start")
    (local $count i32) (local $size i32) (local $zoom i64) (local $last i64)
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (local.set $count (i32.load (i32.const 16)))
    (if (i32.gt_u (local.get $count) (i32.const 5)) (then (call $usage)))
    (if (i32.gt_u (i32.load (i32.const 20)) (i32.const 2048)) (then (call $usage)))
    (drop (call $args_get (i32.const 1024) (i32.const 2048)))
    (if (i32.lt_u (local.get $count) (i32.const 2))
      (then
        (call $draw (i32.const 1) (i32.const 72) (i32.const 28)
          (f64.const -2.3) (f64.const -1.26) (f64.const 0.045) (f64.const 0.09))
        (return)))
    (if (i32.lt_u (local.get $count) (i32.const 4)) (then (call $usage)))
    (local.set $zoom (call $argument (i32.const 1) (i64.const 40)))
    (local.set $last
      (i64.sub (i64.shl (i64.const 1) (local.get $zoom)) (i64.const 1)))
    (local.set $size (i32.const 256))
    (if (i32.eq (local.get $count) (i32.const 5))
      (then
        (local.set $size (i32.wrap_i64 (call $argument (i32.const 4) (i64.const 4096))))
        (if (i32.eqz (local.get $size)) (then (call $usage)))))
    (call $tile (local.get $zoom)
      (call $argument (i32.const 2) (local.get $last))
      (call $argument (i32.const 3) (local.get $last))
      (local.get $size))))
