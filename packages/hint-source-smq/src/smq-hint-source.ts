import { hintsOfMessage } from '@ack-secret-manager/alicloud-openapi'
import type { HintBatch, HintSource } from '@ack-secret-manager/core'
import { MAX_WAIT_SECONDS, SmqQueue, type SmqQueueOptions } from './smq-queue.ts'

export interface SmqHintSourceOptions extends SmqQueueOptions {
  /** How long one receive waits for messages, up to 30. @default 30 */
  readonly waitSeconds?: number
}

/**
 * Hints from a queue that EventBridge sends events of KMS to. Events of another account or region than that of the queue are ignored.
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA
 */
export function smqHintSource({ waitSeconds = MAX_WAIT_SECONDS, ...options }: SmqHintSourceOptions): HintSource {
  const queue = new SmqQueue(options)
  return {
    description: queue.description,
    async receive({ signal }): Promise<HintBatch> {
      const messages = await queue.receive({ waitSeconds, signal })
      const read = messages.map(({ body }) => hintsOfMessage(body, options.queue))
      return {
        hints: read.flatMap(({ hints }) => hints ?? []),
        ignored: read.flatMap(({ reason }) => reason ?? []),
        confirm: (confirming) =>
          queue.delete(
            messages.map(({ receiptHandle }) => receiptHandle),
            confirming,
          ),
      }
    },
    close: () => queue.close(),
  }
}
