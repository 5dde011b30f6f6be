import { Fifo, type Linked } from './fifo.ts'

/** Waiting reads in order of arrival. */
export class WaitingLine<T extends Linked<T>> extends Fifo<T> {
  /** A sync waits for these reads. */
  readonly isUrgent: boolean

  constructor(isUrgent: boolean) {
    super()
    this.isUrgent = isUrgent
  }
}
