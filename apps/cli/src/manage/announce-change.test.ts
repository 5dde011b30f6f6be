import { beforeEach, describe, expect, it } from 'vitest'
import { useManagedKms } from '../testing/managed-kms.ts'
import { CANARY, type Ran } from '../testing/run.ts'

const QUEUE = 'acs:mns:cn-hangzhou:1234567890123456:/queues/hints'
const kms = useManagedKms({ queues: [{ name: 'hints' }] })

beforeEach(async () => {
  await kms.forget()
  await kms.control('PUT', '/queues/hints', {})
})

const announced = (argv: readonly string[], more: { readonly stdin?: string } = {}): Promise<Ran> =>
  kms.run([...argv, '--yes', '--hint-queue', QUEUE, '--hint-endpoint', kms.smqHost], more)
const waiting = async (): Promise<number> =>
  ((await kms.control('GET', '/queues/hints')) as { readonly visible: number }).visible

describe('--hint-queue', () => {
  it('announces a new version, and one that is current again', async () => {
    const name = await kms.secret('one', 'two')
    expect(await announced(['put', name, '--version-id', 'v3'], { stdin: `${CANARY}-put` })).toMatchObject({
      code: 0,
      err: '',
    })
    expect(await announced(['promote', name, 'v1'])).toMatchObject({ code: 0, err: '' })
    expect([await waiting(), await kms.writes()]).toEqual([
      2,
      ['PutSecretValue OK 1', 'SendMessage OK 2', 'UpdateSecretVersionStage OK 1'],
    ])
  })

  it('announces nothing if nothing is changed, or no value', async () => {
    const name = await kms.secret('one')
    expect(await announced(['put', name, '--dry-run'], { stdin: 'two' })).toMatchObject({ code: 0 })
    expect(await announced(['tag', name, 'team=a'])).toMatchObject({ code: 0 })
    expect(await kms.writes()).not.toContainEqual(expect.stringContaining('SendMessage'))
  })

  it('warns if the queue cannot be reached, because the change is made', async () => {
    const name = await kms.secret('one')
    await kms.control('DELETE', '/queues/hints')
    const { code, err } = await announced(['put', name], { stdin: 'two' })
    expect([code, err]).toEqual([
      0,
      expect.stringContaining(
        'is changed, but not announced, so operators read it at their interval: SMQ queue "hints"',
      ),
    ])
    expect(await kms.valueOf(name)).toBe('two')
  })

  it.each([
    ['hints', /--hint-queue: expected the ARN of a queue/],
    [
      'acs:mns:cn-beijing:1:/queues/hints',
      /--hint-queue: the queue hints is in cn-beijing, but the secret is in cn-hangzhou/,
    ],
  ])('is checked before anything is changed: %s', async (queue, message) => {
    const name = await kms.secret('one')
    const { code, err } = await kms.run(['put', name, '--yes', '--hint-queue', queue], { stdin: 'two' })
    expect([code, err]).toEqual([2, expect.stringMatching(message)])
    expect(await kms.writes()).toEqual([])
  })
})
