import type { Fifo } from '../read-queue/fifo.ts'
import type { ReadBudget } from '../../model/source-reading.ts'
import type { QuotaQueue, QueueItem } from '../read-queue/read-queue.ts'
import type { TimerItem } from '../timers/timer-heap.ts'

/** The position of a source in the timer heap and in the read queue. Only these two write the fields. */
export abstract class SourceLinks<T extends QueueItem<T>> implements TimerItem, QueueItem<T> {
  timerIndex = -1
  list: Fifo<T> | undefined
  previous: T | undefined
  next: T | undefined
  quotaQueue: QuotaQueue<T> | undefined
  call: QueueItem<T>['call'] = undefined
  batchGroup: string | undefined
  budget: ReadBudget | undefined
  reader: string

  /** @param reader the subscriber whose turn the first read takes */
  constructor(reader: string) {
    this.reader = reader
  }

  abstract readers(): Iterable<string>
}
