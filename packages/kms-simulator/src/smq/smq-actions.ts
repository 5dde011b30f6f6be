import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from '../gateway/api-error.ts'
import type { HandleRefusal, Queue, QueueMessage } from './queue.ts'
import { messageFields, parseRequestXml, xmlDocument, xmlElement, xmlFields } from './mns-xml.ts'

/** A request to one queue, authenticated and authorised. */
export interface QueueCall {
  readonly queue: Queue
  /** Names in lower case, because clients write them differently. */
  readonly query: ReadonlyMap<string, string>
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly now: () => number
  /** Calls back when the client has disconnected. */
  readonly onDisconnect: (listener: () => void) => void
}

/** A response; without a document the body is empty. */
export interface QueueResult {
  readonly status: number
  readonly xml?: string
}

/** An operation on a queue. */
export interface QueueAction {
  /** `messages` is a resource of its own for policies. */
  readonly of: 'messages' | 'queue'
  /** Parameters of the query, in lower case; every other one is refused. */
  readonly query: readonly string[]
  readonly run: (call: QueueCall) => QueueResult | Promise<QueueResult>
}

const MAX_BATCH = 16
const MAX_WAIT_SECONDS = 30
const MAX_VISIBILITY_SECONDS = 43_200
const MAX_MESSAGE_BYTES = 65_536
const MAX_DELAY_SECONDS = 604_800

function invalid(message: string): ApiError {
  return new ApiError(400, 'InvalidArgument', message)
}

/** @throws ApiError `InvalidArgument` */
function integer(text: string | undefined, name: string, [min, max]: readonly [number, number]): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw invalid(`The value of ${name} should be between ${min} and ${max}.`)
  return value
}

function handleError(refusal: HandleRefusal): ApiError {
  return refusal === 'expired'
    ? new ApiError(404, 'MessageNotExist', 'Message not exist.')
    : new ApiError(400, 'ReceiptHandleError', 'The receipt handle you provide is not valid.')
}

async function take(call: QueueCall, count: number): Promise<readonly QueueMessage[]> {
  const { queue, query, now } = call
  const waitSeconds =
    integer(query.get('waitseconds'), 'waitseconds', [0, MAX_WAIT_SECONDS]) ?? queue.settings.pollingWaitSeconds
  const endMs = performance.now() + waitSeconds * 1_000
  const gone = new AbortController()
  call.onDisconnect(() => gone.abort())
  for (;;) {
    // A client that has disconnected must not take messages.
    const taken = gone.signal.aborted ? [] : queue.receive(count, now())
    const leftMs = endMs - performance.now()
    if (taken.length > 0 || leftMs <= 0 || gone.signal.aborted) return taken
    await queue.wait(leftMs, now(), gone.signal)
  }
}

function noMessage(): ApiError {
  return new ApiError(404, 'MessageNotExist', 'Message not exist.')
}

function batchXml(messages: readonly QueueMessage[]): string {
  return xmlDocument('Messages', messages.map((message) => xmlElement('Message', messageFields(message))).join(''))
}

function parseSent(body: Buffer): ReadonlyArray<{ body: string; delaySeconds: number; priority: number }> {
  const leaves = parseRequestXml(body)
  const root = leaves.at(-1)?.[0]
  const prefix = root === 'Messages' ? 'Messages/Message' : 'Message'
  if (root !== 'Messages' && root !== 'Message') throw new ApiError(400, 'MalformedXML', 'There is no Message.')
  const sent: Array<{ body: string; delaySeconds: number; priority: number }> = []
  let fields = new Map<string, string>()
  for (const [path, text] of leaves) {
    if (path !== prefix) {
      fields.set(path.slice(prefix.length + 1), text)
      continue
    }
    const content = fields.get('MessageBody') ?? ''
    const size = Buffer.byteLength(content)
    if (size < 1 || size > MAX_MESSAGE_BYTES)
      throw invalid(`The value of MessageBody should be between 1 and ${MAX_MESSAGE_BYTES} bytes.`)
    sent.push({
      body: content,
      delaySeconds: integer(fields.get('DelaySeconds'), 'DelaySeconds', [0, MAX_DELAY_SECONDS]) ?? 0,
      priority: integer(fields.get('Priority'), 'Priority', [1, 16]) ?? 8,
    })
    fields = new Map()
  }
  if (sent.length === 0 || sent.length > MAX_BATCH) throw invalid(`There should be 1 to ${MAX_BATCH} messages.`)
  return sent
}

function send({ queue, body, now }: QueueCall): readonly QueueMessage[] {
  return parseSent(body).map(({ body: content, ...options }) => queue.send(content, { nowMs: now(), ...options }))
}

const sentFields = ({ id, bodyMd5 }: QueueMessage) =>
  [
    ['MessageId', id],
    ['MessageBodyMD5', bodyMd5],
  ] as const

/** Operations by name. Source: SMQ developer reference, "Queue API operations". */
export const QUEUE_ACTIONS: Readonly<Record<string, QueueAction>> = {
  ReceiveMessage: {
    of: 'messages',
    query: ['waitseconds'],
    run: async (call) => {
      const [message] = await take(call, 1)
      if (message === undefined) throw noMessage()
      return { status: 200, xml: xmlFields('Message', messageFields(message)) }
    },
  },
  BatchReceiveMessage: {
    of: 'messages',
    query: ['numofmessages', 'waitseconds'],
    run: async (call) => {
      const count = integer(call.query.get('numofmessages'), 'numOfMessages', [1, MAX_BATCH]) ?? 1
      const messages = await take(call, count)
      if (messages.length === 0) throw noMessage()
      return { status: 200, xml: batchXml(messages) }
    },
  },
  PeekMessage: {
    of: 'messages',
    query: ['peekonly'],
    run: ({ queue, now }) => {
      const [message] = queue.peek(1, now())
      if (message === undefined) throw noMessage()
      return { status: 200, xml: xmlFields('Message', messageFields({ ...message, receiptHandle: undefined })) }
    },
  },
  DeleteMessage: {
    of: 'messages',
    query: ['receipthandle'],
    run: ({ queue, query, now }) => {
      const refusal = queue.delete(query.get('receipthandle') ?? '', now())
      if (refusal !== undefined) throw handleError(refusal)
      return { status: 204 }
    },
  },
  BatchDeleteMessage: {
    of: 'messages',
    query: [],
    run: ({ queue, body, now }) => {
      const handles = parseRequestXml(body).filter(([path]) => path === 'ReceiptHandles/ReceiptHandle')
      if (handles.length === 0 || handles.length > MAX_BATCH)
        throw invalid(`There should be 1 to ${MAX_BATCH} handles.`)
      const failed = handles.flatMap(([, handle]) => {
        const refusal = queue.delete(handle, now())
        if (refusal === undefined) return []
        const { code, message } = handleError(refusal)
        return xmlElement('Error', [
          ['ErrorCode', code],
          ['ErrorMessage', message],
          ['ReceiptHandle', handle],
        ])
      })
      return failed.length === 0 ? { status: 204 } : { status: 404, xml: xmlDocument('Errors', failed.join('')) }
    },
  },
  ChangeMessageVisibility: {
    of: 'messages',
    query: ['receipthandle', 'visibilitytimeout'],
    run: ({ queue, query, now }) => {
      const handle = query.get('receipthandle') ?? ''
      if (handle === '') throw new ApiError(400, 'MissingReceiptHandle', 'ReceiptHandle is required.')
      const given = query.get('visibilitytimeout')
      const seconds = integer(given, 'VisibilityTimeout', [1, MAX_VISIBILITY_SECONDS])
      if (seconds === undefined) throw new ApiError(400, 'MissingVisibilityTimeout', 'VisibilityTimeout is required.')
      const changed = queue.hide(handle, seconds, now())
      if (typeof changed === 'string') throw handleError(changed)
      const fields = [
        ['ReceiptHandle', changed.receiptHandle],
        ['NextVisibleTime', changed.visibleAtMs],
      ] as const
      return { status: 200, xml: xmlFields('ChangeVisibility', fields) }
    },
  },
  SendMessage: {
    of: 'messages',
    query: [],
    run: (call) => {
      const [message] = send(call)
      return { status: 201, xml: xmlFields('Message', message === undefined ? [] : sentFields(message)) }
    },
  },
  BatchSendMessage: {
    of: 'messages',
    query: [],
    run: (call) => ({
      status: 201,
      xml: xmlDocument(
        'Messages',
        send(call)
          .map((message) => xmlElement('Message', sentFields(message)))
          .join(''),
      ),
    }),
  },
  GetQueueAttributes: {
    of: 'queue',
    query: [],
    run: ({ queue, now }) => {
      const { settings, createdAtMs } = queue
      const { visible, inFlight, delayed } = queue.counts(now())
      return {
        status: 200,
        xml: xmlFields('Queue', [
          ['QueueName', settings.name],
          ['CreateTime', Math.floor(createdAtMs / 1_000)],
          ['LastModifyTime', Math.floor(createdAtMs / 1_000)],
          ['DelaySeconds', 0],
          ['MaximumMessageSize', MAX_MESSAGE_BYTES],
          ['MessageRetentionPeriod', settings.retentionSeconds],
          ['VisibilityTimeout', settings.visibilityTimeoutSeconds],
          ['PollingWaitSeconds', settings.pollingWaitSeconds],
          ['ActiveMessages', visible],
          ['InactiveMessages', inFlight],
          ['DelayMessages', delayed],
          ['LoggingEnabled', 'False'],
        ]),
      }
    },
  },
}
