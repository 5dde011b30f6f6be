import { describe, expect, it } from 'vitest'
import type { Seed } from '../seed.ts'
import type { Simulator } from '../simulator.ts'
import { controlCall } from '../testing/control-call.ts'
import { mnsCall, type MnsReply, type MnsWire } from '../testing/mns-call.ts'
import { ADMIN, READER, SEED } from '../testing/seed.ts'
import type { Signer } from '../testing/signed-call.ts'
import { simulatorOfTest } from '../testing/start-test-simulator.ts'
import { mnsSignature, mnsStringToSign } from './mns-signature.ts'

const WORKER = { id: 'LTAI5tWorker', secret: 'worker-secret' }
const SESSION = { id: 'STS.NTqueue', secret: 'sts-secret', securityToken: 'CAIS+queue/==' }
const MESSAGES = `acs:mns:${SEED.region}:${SEED.account}:/queues/hints/messages`
const ACTIONS = ['mns:BatchReceiveMessage', 'mns:ReceiveMessage', 'mns:DeleteMessage', 'mns:BatchDeleteMessage']
const PATH = '/queues/hints/messages'
const BATCH = `${PATH}?numOfMessages=16&waitseconds=0`

const seed = {
  ...SEED,
  accessKeys: [
    { ...ADMIN, allow: [{ actions: ['*'], resources: ['*'] }] },
    { ...READER, allow: [{ actions: ['kms:*'], resources: ['*'] }] },
    { ...WORKER, allow: [{ actions: ACTIONS, resources: [MESSAGES] }] },
    { ...SESSION, expiration: '2099-01-01T00:00:00Z', allow: [{ actions: ACTIONS, resources: [MESSAGES] }] },
  ],
  queues: [
    { name: 'hints', visibilityTimeoutSeconds: 30, deadLetter: { queue: 'dead', maxReceiveCount: 2 } },
    { name: 'dead' },
  ],
} satisfies Seed

/** A simulator whose clock the test moves. */
async function start(more: Partial<Seed> = {}): Promise<{ simulator: Simulator; pass: (ms: number) => void }> {
  let nowMs = Date.now()
  const simulator = await simulatorOfTest({ seed: { ...seed, ...more }, clock: { now: () => nowMs } })
  return { simulator, pass: (ms) => void (nowMs += ms) }
}

interface Options {
  readonly signer?: Signer
  readonly method?: string
  readonly body?: string
  readonly date?: Date
  readonly before?: (wire: MnsWire) => void
  readonly tamper?: (wire: MnsWire) => void
  readonly signal?: AbortSignal
}

function call({ smq: endpoint = '', caPem }: Simulator, path: string, options: Options = {}): Promise<MnsReply> {
  return mnsCall({ endpoint, caPem, signer: WORKER, path, ...options })
}

const send = ({ control }: Simulator, ...bodies: readonly string[]): Promise<unknown> =>
  controlCall(control, 'POST', '/queues/hints', { bodies })

const counts = async ({ control }: Simulator, queue = 'hints'): Promise<unknown> =>
  (await controlCall(control, 'GET', `/queues/${queue}`)).body

const summary = ({ status, text }: MnsReply): [number, string | undefined] => [status, text('Code')]

describe('signatures', () => {
  it.each([
    [
      { 'content-type': 'application/xml', 'content-md5': 'ZDQxZDhjZDk4ZjAwYjIwNGU5ODAwOTk4ZWNmODQyN2U=' },
      'c4hSjY2TesHpaLjWaph4AIr/Jx4=',
    ],
    [{}, '8OyN/2Yq624e0p2DGchdFdn4nyQ='],
  ])('have the value of the vectors', (headers, signature) => {
    const text = mnsStringToSign({
      method: 'GET',
      url: '/queues/acksm-hints/messages?numOfMessages=16&waitseconds=30',
      headers: { date: 'Fri, 02 Jan 2026 03:04:05 GMT', 'x-mns-version': '2015-06-06', ...headers },
    })
    expect(mnsSignature('YourAccessKeySecret', text)).toBe(signature)
  })

  it.each<readonly [what: string, code: string, status: number, options: Options]>([
    ['no signature', 'MissingAuthorizationHeader', 400, { tamper: ({ headers }) => delete headers['authorization'] }],
    [
      'another scheme',
      'InvalidAuthorizationHeader',
      400,
      { tamper: ({ headers }) => (headers['authorization'] = 'Bearer x') },
    ],
    ['an unknown key', 'InvalidAccessKeyId', 403, { signer: { id: 'LTAI5tNone', secret: 'x' } }],
    ['another secret', 'SignatureDoesNotMatch', 403, { signer: { ...WORKER, secret: 'x' } }],
    ['another path than signed', 'SignatureDoesNotMatch', 403, { tamper: (wire) => (wire.path += '&x=1') }],
    ['another method than signed', 'SignatureDoesNotMatch', 403, { tamper: (wire) => (wire.method = 'PUT') }],
    [
      'a header that is not signed',
      'SignatureDoesNotMatch',
      403,
      { tamper: ({ headers }) => (headers['x-mns-extra'] = '1') },
    ],
    ['no version', 'MissingVersionHeader', 400, { before: ({ headers }) => delete headers['x-mns-version'] }],
    [
      'another version',
      'InvalidVersionHeader',
      400,
      { before: ({ headers }) => (headers['x-mns-version'] = '2014-01-01') },
    ],
    ['no date', 'MissingDateHeader', 400, { before: ({ headers }) => delete headers['date'] }],
    [
      'a date in another form',
      'InvalidDateHeader',
      400,
      { before: ({ headers }) => (headers['date'] = '2026-01-01T00:00:00Z') },
    ],
    ['a date of an hour ago', 'TimeExpired', 408, { date: new Date(Date.now() - 3_600_000) }],
    ['another digest', 'InvalidDegist', 400, { before: ({ headers }) => (headers['content-md5'] = 'AAAA') }],
    [
      'a session without its token',
      'InvalidSecurityToken',
      403,
      { signer: { id: SESSION.id, secret: SESSION.secret } },
    ],
    ['a session with another token', 'InvalidSecurityToken', 403, { signer: { ...SESSION, securityToken: 'CAIS' } }],
    ['a key without permission', 'AccessDenied', 403, { signer: READER }],
  ])('with %s are refused', async (_what, code, status, options) => {
    const { simulator } = await start()
    await send(simulator, 'a')
    const reply = await call(simulator, BATCH, options)
    expect([...summary(reply), await counts(simulator)]).toEqual([
      status,
      code,
      { visible: 1, inFlight: 0, delayed: 0 },
    ])
  })

  it('of sessions carry the token, which is not signed', async () => {
    const { simulator } = await start()
    await send(simulator, 'a')
    expect((await call(simulator, BATCH, { signer: SESSION })).text('MessageBody')).toBe('a')
  })
})

describe('a queue', () => {
  it('is addressed by a path', async () => {
    const { simulator } = await start()
    const codes = await Promise.all(
      ['/', '/queues', '/queues/none/messages', '/queues/no_name/messages', '/topics/hints'].map(async (path) =>
        summary(await call(simulator, path, { signer: ADMIN })),
      ),
    )
    expect(codes).toEqual([
      [400, 'InvalidRequestURL'],
      [400, 'InvalidRequestURL'],
      [404, 'QueueNotExist'],
      [400, 'InvalidQueueName'],
      [400, 'InvalidRequestURL'],
    ])
  })

  it('hides received messages until their visibility timeout is over, and counts the receives', async () => {
    const { simulator, pass } = await start()
    await send(simulator, 'a<b>&c')
    const first = await call(simulator, BATCH)
    expect([first.status, first.text('DequeueCount'), first.xml]).toEqual([
      200,
      '1',
      expect.stringContaining('a&lt;b&gt;&amp;c'),
    ])
    expect(summary(await call(simulator, BATCH))).toEqual([404, 'MessageNotExist'])
    pass(30_000)
    expect((await call(simulator, BATCH)).text('DequeueCount')).toBe('2')
    pass(29_999)
    expect(await counts(simulator)).toEqual({ visible: 0, inFlight: 1, delayed: 0 })
    pass(1)
    expect(await counts(simulator)).toEqual({ visible: 1, inFlight: 0, delayed: 0 })
  })

  it('moves a message to the dead letter queue that was received too often', async () => {
    const { simulator, pass } = await start()
    await send(simulator, 'poison')
    for (let received = 0; received < 2; received += 1) {
      await call(simulator, BATCH)
      pass(30_000)
    }
    expect(summary(await call(simulator, BATCH))).toEqual([404, 'MessageNotExist'])
    expect([await counts(simulator), await counts(simulator, 'dead')]).toEqual([
      { visible: 0, inFlight: 0, delayed: 0 },
      { visible: 1, inFlight: 0, delayed: 0 },
    ])
  })

  it('drops messages after their retention', async () => {
    const { simulator, pass } = await start()
    await send(simulator, 'old')
    pass(345_600_000)
    // The key signs with the clock of the machine.
    const date = new Date(Date.now() + 345_600_000)
    expect(summary(await call(simulator, BATCH, { date }))).toEqual([404, 'MessageNotExist'])
  })

  it('deletes by the receipt handle of the latest receive only', async () => {
    const { simulator, pass } = await start()
    await send(simulator, 'a')
    const old = (await call(simulator, BATCH)).text('ReceiptHandle') ?? ''
    const remove = async (handle: string): Promise<unknown> =>
      summary(await call(simulator, `${PATH}?ReceiptHandle=${encodeURIComponent(handle)}`, { method: 'DELETE' }))
    pass(30_000)
    expect(await remove(old)).toEqual([404, 'MessageNotExist'])
    const current = (await call(simulator, BATCH)).text('ReceiptHandle') ?? ''
    expect([await remove(old), await remove('x'), await remove(current), await remove(current)]).toEqual([
      [400, 'ReceiptHandleError'],
      [400, 'ReceiptHandleError'],
      [204, undefined],
      [400, 'ReceiptHandleError'],
    ])
  })

  it('deletes several at once, and names those that it cannot delete', async () => {
    const { simulator } = await start()
    await send(simulator, 'a', 'b')
    const { xml } = await call(simulator, BATCH)
    const handles = [...xml.matchAll(/<ReceiptHandle>([^<]+)</g)].map(([, handle]) => handle)
    const body = (each: readonly (string | undefined)[]): string =>
      `<ReceiptHandles>${each.map((handle) => `<ReceiptHandle>${handle}</ReceiptHandle>`).join('')}</ReceiptHandles>`
    const partly = await call(simulator, PATH, { method: 'DELETE', body: body([handles[0], 'x']) })
    expect([partly.status, partly.text('ErrorCode'), partly.text('ReceiptHandle')]).toEqual([
      404,
      'ReceiptHandleError',
      'x',
    ])
    expect((await call(simulator, PATH, { method: 'DELETE', body: body([handles[1]]) })).status).toBe(204)
    expect(await counts(simulator)).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
  })

  it.each([
    [
      'a document type',
      '<!DOCTYPE a [<!ENTITY b "c">]><ReceiptHandles><ReceiptHandle>&b;</ReceiptHandle></ReceiptHandles>',
      'MalformedXML',
    ],
    ['half a document', '<ReceiptHandles><ReceiptHandle>', 'MalformedXML'],
    ['no handle', '<ReceiptHandles/>', 'InvalidArgument'],
    [
      'too many handles',
      `<ReceiptHandles>${'<ReceiptHandle>x</ReceiptHandle>'.repeat(17)}</ReceiptHandles>`,
      'InvalidArgument',
    ],
  ])('refuses a body with %s', async (_what, body, code) => {
    const { simulator } = await start()
    expect(summary(await call(simulator, PATH, { method: 'DELETE', body }))).toEqual([400, code])
  })

  it.each(['numOfMessages=17', 'numOfMessages=0', 'numOfMessages=1&waitseconds=31', 'numOfMessages=x'])(
    'refuses %s',
    async (query) => {
      const { simulator } = await start()
      expect(summary(await call(simulator, `${PATH}?${query}`))).toEqual([400, 'InvalidArgument'])
    },
  )

  it.each<readonly [method: string, query: string, code: string]>([
    ['GET', 'numOfMessages=1&VisibilityTimeout=5', 'InvalidQueryString'],
    ['GET', 'numOfMessages=1&extra=1', 'InvalidQueryString'],
    ['DELETE', 'ReceiptHandle=x&VisibilityTimeout=5', 'InvalidQueryString'],
    ['PUT', 'VisibilityTimeout=5', 'MissingReceiptHandle'],
    ['PUT', 'ReceiptHandle=x', 'MissingVisibilityTimeout'],
  ])('refuses %s with the parameters %s', async (method, query, code) => {
    const { simulator } = await start()
    await send(simulator, 'a')
    expect(summary(await call(simulator, `${PATH}?${query}`, { method, signer: ADMIN }))).toEqual([400, code])
    expect(await counts(simulator)).toEqual({ visible: 1, inFlight: 0, delayed: 0 })
  })

  it.each([
    ['without a body', ''],
    ['of more than 64 KiB', `<MessageBody>${'a'.repeat(65_537)}</MessageBody>`],
    ['with half a second of delay', '<MessageBody>a</MessageBody><DelaySeconds>0.5</DelaySeconds>'],
    ['with an empty delay', '<MessageBody>a</MessageBody><DelaySeconds/>'],
    ['with a priority that does not exist', '<MessageBody>a</MessageBody><Priority>17</Priority>'],
  ])('refuses a message %s', async (_what, fields) => {
    const { simulator } = await start()
    const sent = await call(simulator, PATH, { method: 'POST', body: `<Message>${fields}</Message>`, signer: ADMIN })
    expect(summary(sent)).toEqual([400, 'InvalidArgument'])
    expect(await counts(simulator)).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
  })

  it('gives a message to a client that waits, and none to one that has disconnected', async () => {
    const { simulator } = await start()
    const leave = new AbortController()
    const left = call(simulator, `${PATH}?numOfMessages=16&waitseconds=30`, { signal: leave.signal })
    const waiting = call(simulator, `${PATH}?numOfMessages=16&waitseconds=30`)
    leave.abort()
    await expect(left).rejects.toThrow(/abort/)
    await send(simulator, 'a')
    expect((await waiting).text('MessageBody')).toBe('a')
  })

  it('is restored with its messages', async () => {
    const { simulator } = await start()
    await send(simulator, 'a')
    await controlCall(simulator.control, 'DELETE', '/queues/hints')
    expect(summary(await call(simulator, BATCH))).toEqual([404, 'QueueNotExist'])
    await controlCall(simulator.control, 'PUT', '/queues/hints')
    expect((await call(simulator, BATCH)).text('MessageBody')).toBe('a')
    await controlCall(simulator.control, 'POST', '/redeliver/hints')
    expect((await call(simulator, BATCH)).text('DequeueCount')).toBe('2')
  })

  it('has the faults of all services, and counts calls', async () => {
    const { simulator } = await start()
    const fault = (body: object): Promise<unknown> =>
      controlCall(simulator.control, 'POST', '/faults', { count: 1, ...body })
    await fault({ fault: 'throttle', match: { action: 'BatchReceiveMessage' } })
    expect(summary(await call(simulator, BATCH))).toEqual([503, 'QpsLimitExceeded'])
    await fault({ fault: 'garbage', match: { secret: 'hints' } })
    expect((await call(simulator, BATCH)).xml).toMatch(/html/)
    await fault({ fault: 'deny' })
    expect(summary(await call(simulator, BATCH))).toEqual([403, 'AccessDenied'])
    const { body } = await controlCall(simulator.control, 'GET', '/calls?groupBy=action,secret,result')
    expect(body['calls']).toEqual(
      ['QpsLimitExceeded', 'garbage', 'AccessDenied'].map((result) => ({
        action: 'BatchReceiveMessage',
        secret: 'hints',
        result,
        count: 1,
      })),
    )
  })
})
