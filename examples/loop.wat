;; Runs for ever: the job is stopped when its time limit is over.
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $for_ever (br $for_ever))))
