import { UsageError } from '@ack-secret-manager/command-line'
import { isSecretSyncError } from '@ack-secret-manager/core'
import { parseQueueArn, type QueueArn } from '@ack-secret-manager/hint-source-smq'

/** The queue of a `--hint-queue`. @throws UsageError */
export function parseHintQueue(arn: string): QueueArn {
  try {
    return parseQueueArn(arn, '--hint-queue')
  } catch (error) {
    throw isSecretSyncError(error) ? new UsageError(error.message) : error
  }
}
