import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@ack-secret-manager/core'
import type { KeyRing } from '../gateway/access-keys.ts'
import { ApiError } from '../gateway/api-error.ts'
import { DEFAULT_SLOW_MS, type Faults } from '../gateway/faults.ts'
import { HttpService, type Progress, type RawRequest, type ServiceSurroundings } from '../gateway/http-service.ts'
import { mayCall } from '../gateway/policy.ts'
import { faultResponse, type ResponseContext, type ServiceResponse } from '../gateway/response.ts'
import { mnsClaim, verifyMns } from './mns-signature.ts'
import { xmlFields } from './mns-xml.ts'
import type { Queues } from './queues.ts'
import { QUEUE_ACTIONS, type QueueCall } from './smq-actions.ts'
import { isQueueName } from './smq-seed.ts'

/** Options of {@link SmqService}. */
export interface SmqServiceOptions extends ServiceSurroundings {
  readonly account: string
  readonly region: string
  readonly queues: Queues
  readonly accessKeys: KeyRing
  readonly faults: Faults
  readonly clock: Pick<Clock, 'now'>
}

/** 16 messages of 64 KiB, escaped. */
const MAX_BODY_BYTES = 4 * 1024 * 1024
const MAX_IDENTITY_LENGTH = 256
const ACTION_BY_METHOD: Readonly<Record<string, (query: QueueCall['query'], body: Buffer) => string>> = {
  GET: (query) => {
    if (query.get('peekonly') === 'true') return 'PeekMessage'
    return query.has('numofmessages') ? 'BatchReceiveMessage' : 'ReceiveMessage'
  },
  DELETE: (query) => (query.has('receipthandle') ? 'DeleteMessage' : 'BatchDeleteMessage'),
  PUT: () => 'ChangeMessageVisibility',
  POST: (_query, body) => (body.includes('<Messages') ? 'BatchSendMessage' : 'SendMessage'),
}

function throttled(retryAfterMs?: number): ApiError {
  return new ApiError(503, 'QpsLimitExceeded', 'The queue is accessed too often.', { retryAfterMs })
}

/** SMQ, formerly MNS: queues with the signature of its own (`MNS id:signature`). */
export class SmqService {
  readonly #options: SmqServiceOptions
  readonly #service: HttpService

  constructor(options: SmqServiceOptions) {
    this.#options = options
    this.#service = new HttpService(
      {
        name: 'Smq',
        maxBodyBytes: MAX_BODY_BYTES,
        respond: (request, progress, context) => this.#respond(request, progress, context),
        refuse: errorXml,
      },
      options,
    )
  }

  /** Handles one request completely; `reset` cuts its connection. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, reset: () => void): Promise<void> {
    return this.#service.handle(request, response, reset)
  }

  async #respond(request: RawRequest, progress: Progress, context: ResponseContext): Promise<ServiceResponse> {
    const { queues, faults, clock, accessKeys } = this.#options
    const { name, action, query } = targetOf(request)
    progress.action = action
    progress.secret = name
    progress.identity = accessKeys.identityOf(mnsClaim(request).id).slice(0, MAX_IDENTITY_LENGTH)
    const caller = verifyMns(request, accessKeys, clock.now())
    const fault = faults.take(action, name)
    if (fault?.fault === 'slow') progress.delayMs = fault.ms ?? DEFAULT_SLOW_MS
    const faulty = fault === undefined ? undefined : faultResponse(fault, throttled)
    if (faulty !== undefined) {
      progress.result = faulty.kind
      return faulty
    }
    const { of, run, query: known = [] } = QUEUE_ACTIONS[action] ?? {}
    const unknown = [...query.keys()].find((each) => !known.includes(each))
    if (unknown !== undefined) {
      const message = `Http request URL contains invalid querystring item "${unknown}".`
      throw new ApiError(400, 'InvalidQueryString', message)
    }
    const arn = this.#arn(name) + (of === 'messages' ? '/messages' : '')
    if (run === undefined || fault?.fault === 'deny' || !mayCall(caller, `mns:${action}`, { arn, name })) {
      throw new ApiError(
        403,
        'AccessDenied',
        'The OwnerId that your Access Key Id associated to is forbidden for this operation.',
      )
    }
    const queue = queues.get(name)
    if (queue === undefined) throw new ApiError(404, 'QueueNotExist', 'The queue name you provided does not exist.')
    const { headers, body, onDisconnect } = request
    const result = await run({ queue, query, headers, body, now: () => clock.now(), onDisconnect })
    if (fault?.fault === 'lost') return { kind: 'reset' }
    if (result.xml === undefined) return { kind: 'bytes', status: result.status, contentType: 'text/xml', body: '' }
    if (result.status >= 300) progress.result = 'Errors'
    return xmlResponse(result.status, result.xml, context)
  }

  #arn(queue: string): string {
    return `acs:mns:${this.#options.region}:${this.#options.account}:/queues/${queue}`
  }
}

function targetOf({ method, url, body }: RawRequest): { name: string; action: string; query: QueueCall['query'] } {
  const [path = '', search = ''] = url.split('?', 2)
  const query = new Map([...new URLSearchParams(search)].map(([key, value]) => [key.toLowerCase(), value]))
  const [, name, messages] = /^\/queues\/([^/]+)(\/messages)?$/.exec(path) ?? []
  if (name === undefined) throw new ApiError(400, 'InvalidRequestURL', 'The request URL is not valid.')
  if (!isQueueName(name)) throw new ApiError(400, 'InvalidQueueName', 'The queue name you provided is not valid.')
  const action =
    messages === undefined
      ? method === 'GET'
        ? 'GetQueueAttributes'
        : undefined
      : ACTION_BY_METHOD[method]?.(query, body)
  if (action === undefined) throw new ApiError(400, 'InvalidRequestURL', 'The request URL is not valid.')
  return { name, action, query }
}

function xmlResponse(status: number, body: string, { requestId }: ResponseContext): ServiceResponse {
  return {
    kind: 'bytes',
    status,
    contentType: 'text/xml;charset=utf-8',
    body,
    headers: { 'x-mns-request-id': requestId },
  }
}

function errorXml(error: ApiError, context: ResponseContext): ServiceResponse {
  const xml = xmlFields('Error', [
    ['Code', error.code],
    ['Message', error.message],
    ['RequestId', context.requestId],
    ['HostId', `http://${context.hostId}`],
  ])
  return {
    ...xmlResponse(error.status, xml, context),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  }
}
