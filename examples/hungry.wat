;; Takes memory, 1 MiB at a time, until it is refused; then it gives up as most programs do.
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (local $old i32)
    (loop $more
      (local.set $old (memory.grow (i32.const 16)))
      (if (i32.ne (local.get $old) (i32.const -1))
        (then
          ;; Memory counts once it is written to.
          (memory.fill (i32.shl (local.get $old) (i32.const 16))
                       (i32.const 1)
                       (i32.const 0x100000))
          (br $more))))
    ;; The last pages, one at a time.
    (loop $page
      (br_if $page (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    unreachable))
