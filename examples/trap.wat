;; Reaches code that is marked unreachable, as a program does that aborts or panics.
(module
  (memory (export "memory") 1)
  (func (export "_start")
    unreachable))
