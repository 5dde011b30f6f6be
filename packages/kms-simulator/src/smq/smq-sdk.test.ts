import { defined } from '@ack-secret-manager/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../simulator.ts'
import type { QueueCommand, SdkOutcome } from '../testing/sdk-client.ts'
import { SdkProcess } from '../testing/sdk-process.ts'
import { ADMIN, SEED } from '../testing/seed.ts'

const SESSION = { id: 'STS.NTqueue', secret: 'sts-secret', securityToken: 'CAIS+queue/==' }
const all = [{ actions: ['mns:*'], resources: ['*'] }]

let simulator: Simulator
let sdks: SdkProcess

beforeAll(async () => {
  simulator = await startSimulator({
    seed: {
      ...SEED,
      accessKeys: [
        { ...ADMIN, allow: all },
        { ...SESSION, allow: all },
      ],
      queues: [{ name: 'hints' }],
    },
  })
  sdks = new SdkProcess(simulator.caFile)
})

afterAll(async () => {
  await sdks.close()
  await simulator.close()
})

function call(
  method: QueueCommand['method'],
  args: readonly unknown[],
  signer: { id: string; secret: string; securityToken?: string } = ADMIN,
): Promise<SdkOutcome> {
  const { account } = SEED
  const endpoint = simulator.smq ?? ''
  const { id: accessKeyId, secret: accessKeySecret, securityToken } = signer
  const identity = { accessKeyId, accessKeySecret, ...defined({ securityToken }) }
  return sdks.call({ sdk: 'mns', account, endpoint, method, args, ...identity })
}

/** A message, or another document. */
type Fields = Readonly<Record<string, string>>

const bodyOf = (outcome: SdkOutcome): unknown => ('body' in outcome ? outcome.body['body'] : outcome)

it('the official SDK sends, receives, hides and deletes messages', async () => {
  expect(bodyOf(await call('sendMessage', ['hints', { MessageBody: 'YQ==' }]))).toEqual({
    MessageId: expect.stringMatching(/^[0-9A-F]{32}$/),
    MessageBodyMD5: expect.stringMatching(/^[0-9A-F]{32}$/),
  })
  await call('batchSendMessage', ['hints', [{ MessageBody: 'b' }, { MessageBody: 'c' }]])
  expect(bodyOf(await call('getQueueAttributes', ['hints']))).toMatchObject({ QueueName: 'hints', ActiveMessages: '3' })
  expect(bodyOf(await call('peekMessage', ['hints']))).toMatchObject({ MessageBody: 'YQ==', DequeueCount: '0' })
  const first = bodyOf(await call('receiveMessage', ['hints', 1])) as Fields
  expect(first).toMatchObject({ MessageBody: 'YQ==', DequeueCount: '1', Priority: '8' })
  const hidden = bodyOf(await call('changeMessageVisibility', ['hints', first['ReceiptHandle'], 60])) as Fields
  expect(bodyOf(await call('deleteMessage', ['hints', first['ReceiptHandle']]))).toMatchObject({
    error: { name: 'MNSReceiptHandleErrorError' },
  })
  expect(await call('deleteMessage', ['hints', hidden['ReceiptHandle']])).toEqual({ body: { code: 204 } })
  const others = bodyOf(await call('batchReceiveMessage', ['hints', 16, 1])) as readonly Fields[]
  expect(others.map(({ MessageBody: body }) => body)).toEqual(['b', 'c'])
  const handles = others.map(({ ReceiptHandle: handle }) => handle)
  expect(await call('batchDeleteMessage', ['hints', handles])).toEqual({ body: { code: 204 } })
  expect(bodyOf(await call('batchDeleteMessage', ['hints', ['x']]))).toEqual([
    expect.objectContaining({ ErrorCode: 'ReceiptHandleError', ReceiptHandle: 'x' }),
  ])
})

it('the official SDK understands an empty queue and refusals', async () => {
  const names = [
    await call('receiveMessage', ['hints']),
    await call('receiveMessage', ['none']),
    await call('receiveMessage', ['hints'], { ...ADMIN, secret: 'x' }),
    await call('receiveMessage', ['hints'], { id: 'LTAI5tNone', secret: 'x' }),
    await call('receiveMessage', ['hints'], SESSION),
  ].map((outcome) => ('error' in outcome ? outcome.error.name : 'OK'))
  expect(names).toEqual([
    'MNSMessageNotExistError',
    'MNSQueueNotExistError',
    'MNSSignatureDoesNotMatchError',
    'MNSInvalidAccessKeyIdError',
    'MNSMessageNotExistError',
  ])
})
