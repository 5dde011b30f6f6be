export { hintMessage } from '@ack-secret-manager/alicloud-openapi'
export { defaultSmqEndpoint, parseQueueArn, type QueueArn } from './queue-arn.ts'
export { type SmqHintSourceOptions, smqHintSource } from './smq-hint-source.ts'
export {
  type QueueAttributes,
  type ReceivedMessage,
  type SmqCallOptions,
  SmqQueue,
  type SmqQueueOptions,
} from './smq-queue.ts'
