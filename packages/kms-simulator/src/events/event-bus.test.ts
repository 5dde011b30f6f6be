import { describe, expect, it } from 'vitest'
import type { Seed } from '../seed.ts'
import type { Simulator } from '../simulator.ts'
import { controlCall } from '../testing/control-call.ts'
import { mnsCall, type MnsReply } from '../testing/mns-call.ts'
import { ADMIN, SEED } from '../testing/seed.ts'
import { signedCall } from '../testing/signed-call.ts'
import { simulatorOfTest } from '../testing/start-test-simulator.ts'

const start = (rule: Partial<NonNullable<Seed['eventRules']>[number]> = {}): Promise<Simulator> =>
  simulatorOfTest({
    seed: {
      ...SEED,
      accessKeys: [{ ...ADMIN, allow: [{ actions: ['*'], resources: ['*'] }] }],
      queues: [{ name: 'hints' }],
      eventRules: [{ queue: 'hints', ...rule }],
    },
  })

function receive({ smq: endpoint = '', caPem }: Simulator, waitSeconds = 0): Promise<MnsReply> {
  const path = `/queues/hints/messages?numOfMessages=16&waitseconds=${waitSeconds}`
  return mnsCall({ endpoint, caPem, signer: ADMIN, path })
}

/** The bodies of the messages in the queue. */
async function bodies(simulator: Simulator): Promise<readonly string[]> {
  const { xml } = await receive(simulator)
  return [...xml.matchAll(/<MessageBody>([^<]*)</g)].map(([, body]) => body ?? '')
}

interface Event {
  readonly type: string
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

const events = async (simulator: Simulator): Promise<readonly Event[]> =>
  (await bodies(simulator)).map((body) => JSON.parse(body) as Event)

const call = ({ kms: endpoint, caPem }: Simulator, action: string, params: Record<string, string>) =>
  signedCall(action, { endpoint, caPem, signer: ADMIN, params })

describe('changes of secrets are announced', () => {
  it('by the name of the operation that makes them', async () => {
    const simulator = await start({ families: ['apiCall'] })
    const secret = { SecretName: 'app/new' }
    await call(simulator, 'CreateSecret', { ...secret, SecretData: 'a', VersionId: 'v1' })
    await call(simulator, 'PutSecretValue', { ...secret, SecretData: 'b', VersionId: 'v2' })
    await call(simulator, 'PutSecretValue', { ...secret, SecretData: 'b', VersionId: 'v2' })
    await call(simulator, 'UpdateSecretVersionStage', { ...secret, VersionStage: 'ACSCurrent', MoveToVersion: 'v1' })
    await call(simulator, 'UpdateSecret', { ...secret, Description: 'x' })
    await call(simulator, 'DeleteSecret', secret)
    await call(simulator, 'RestoreSecret', secret)
    await call(simulator, 'DeleteSecret', { ...secret, ForceDeleteWithoutRecovery: 'true' })
    await call(simulator, 'GetSecretValue', { SecretName: 'app/db' })
    expect((await events(simulator)).map(({ data }) => [data['eventName'], data['resourceName']])).toEqual(
      [
        'CreateSecret',
        'PutSecretValue',
        'UpdateSecretVersionStage',
        'UpdateSecret',
        'DeleteSecret',
        'RestoreSecret',
        'DeleteSecret',
      ].map((name) => [name, 'app/new']),
    )
  })

  it('as a rotation with the ARN after a blank, and as a call', async () => {
    const simulator = await start()
    await controlCall(simulator.control, 'POST', '/rotate/acs/rds/main')
    const [call_, rotation] = (await events(simulator)).toSorted((a, b) => a.type.localeCompare(b.type))
    expect(rotation).toMatchObject({
      type: 'kms:CloudMonitor:Secret[RotateSecret:Success]',
      source: 'acs.kms',
      aliyunaccountid: SEED.account,
      aliyunregionid: SEED.region,
      data: {
        resourceId: ` acs:kms:${SEED.region}:${SEED.account}:secret/acs/rds/main`,
        name: 'Secret:RotateSecret:Success',
      },
    })
    expect(call_).toMatchObject({ type: 'kms:ActionTrail:ApiCall', data: { eventName: 'RotateSecret' } })
  })

  it('in base64 and after a delay', async () => {
    const simulator = await start({ base64: true, delay: '50ms' })
    await controlCall(simulator.control, 'PUT', '/secrets/app/db', { data: 'x' })
    const { text } = await receive(simulator, 5)
    const event = JSON.parse(Buffer.from(text('MessageBody') ?? '', 'base64').toString('utf8')) as Event
    expect(event.data).toMatchObject({ eventName: 'PutSecretValue' })
    // A timer may end a millisecond early.
    expect(Number(text('EnqueueTime')) - Date.parse(event.time)).toBeGreaterThanOrEqual(49)
  })

  it('never with their value', async () => {
    const simulator = await start()
    await controlCall(simulator.control, 'PUT', '/secrets/app/db', { data: 'canary-value' })
    const [body] = await bodies(simulator)
    expect(body).not.toContain('canary-value')
  })

  it('to a queue of the seed only', async () => {
    await expect(start({ queue: 'none' })).rejects.toThrow(
      /eventRules\[?\.?0\]?\.queue: there is no queue of that name/,
    )
  })
})
