import { beforeEach, describe, expect, it } from 'vitest'
import { useManagedKms } from '../testing/managed-kms.ts'
import { CANARY } from '../testing/run.ts'

const ARN = 'acs:mns:cn-hangzhou:1234567890123456:/queues/hints'
const key = (name: string, ...actions: readonly string[]) => ({
  id: `LTAI5t${name}`,
  secret: `${CANARY}-${name}`,
  allow: [{ actions: [...actions], resources: ['*'] }],
})
const OPERATOR = key('Operator', 'mns:BatchReceiveMessage', 'mns:BatchDeleteMessage', 'mns:GetQueueAttributes')
const RECEIVER = key('Receiver', 'mns:BatchReceiveMessage')
const STRANGER = key('Stranger', 'kms:*')
const kms = useManagedKms({ queues: [{ name: 'hints' }], roles: [], accessKeys: [OPERATOR, RECEIVER, STRANGER] })

beforeEach(async () => {
  await kms.forget()
  await kms.control('PUT', '/queues/hints', { visibilityTimeoutSeconds: 1 })
})

interface Finding {
  readonly title: string
  readonly section: string
  readonly status: string
  readonly detail: string
  readonly action?: string
}

async function doctor({ id, secret }: typeof OPERATOR, arn = ARN): Promise<readonly Finding[]> {
  const flags = ['--hint-queue', arn, '--hint-endpoint', kms.smqHost, '--sts-endpoint', kms.stsHost]
  const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret }
  const { out } = await kms.run(['doctor', '-o', 'json', ...flags], { env })
  const { checks } = JSON.parse(out) as { checks: Finding[] }
  return checks.filter(({ section }) => section === 'Queues')
}

const results = (findings: readonly Finding[]): unknown[] => findings.map(({ title, status }) => [title, status])

describe('doctor --hint-queue', () => {
  it('finds nothing to do if the queue exists and the identity may receive, and takes no message', async () => {
    await kms.control('POST', '/queues/hints', { bodies: ['{}', '{}'] })
    const findings = await doctor(OPERATOR)
    expect(results(findings)).toEqual([
      ['Queue hints', 'ok'],
      ['Permission to receive messages of hints', 'ok'],
      ['Permission to delete messages of hints', 'ok'],
    ])
    expect(findings[0]?.detail).toBe('2 messages wait, 0 were received and not deleted')
    const { visible = 0, inFlight = 0 } = (await kms.control('GET', '/queues/hints')) as Record<string, number>
    expect(visible + inFlight).toBe(2)
    await expect.poll(async () => ((await kms.control('GET', '/queues/hints')) as { visible: number }).visible).toBe(2)
  })

  it('names the permission that is missing', async () => {
    expect(results(await doctor(RECEIVER))).toEqual([
      ['Queue hints', 'skipped'],
      ['Permission to receive messages of hints', 'ok'],
      ['Permission to delete messages of hints', 'failed'],
    ])
    const findings = await doctor(STRANGER)
    expect(findings.map(({ status }) => status)).toEqual(['skipped', 'failed', 'failed'])
    expect(findings[1]).toMatchObject({
      detail: expect.stringContaining('mns:BatchReceiveMessage'),
      action: 'Attach the policy of the guide to push refresh to AccessKey LTAI5tStranger',
    })
  })

  it('finds a queue that does not exist, and one that no operator empties', async () => {
    expect(await doctor(OPERATOR, `${ARN}-none`)).toMatchObject([
      { title: 'Queue hints-none', status: 'failed', action: 'Create the queue, or correct its ARN' },
    ])
    await kms.control('POST', '/queues/hints', { bodies: Array.from({ length: 1_000 }, () => '{}') })
    expect((await doctor(OPERATOR))[0]).toMatchObject({
      status: 'failed',
      detail: '1000 messages wait, 0 were received and not deleted',
    })
  })

  it('refuses what is no ARN of a queue', async () => {
    const { code, err } = await kms.run(['doctor', '--hint-queue', 'hints'])
    expect([code, err]).toEqual([2, expect.stringContaining('--hint-queue: expected the ARN of a queue')])
  })
})
