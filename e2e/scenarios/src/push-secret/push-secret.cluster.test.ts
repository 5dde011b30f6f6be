import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { isDeepStrictEqual } from 'node:util'
import { canary } from '@ack-secret-manager/test-support/canary'
import { accessKeyStore, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PushEnvironment } from './push-environment.ts'
import { removeByAdmission } from './remove-by-admission.ts'

/** Least time between two runs for changes, with a tolerance for timers. */
const PAUSE_MS = 4_900

describeCluster('a PushSecret', { timeout: 480_000 }, () => {
  const cluster = useCluster()
  let push: PushEnvironment
  const [FIRST, SECOND] = [canary('pushed-first'), canary('pushed-second')]

  beforeAll(async () => {
    push = await PushEnvironment.start(cluster, { 'taken/by-hand': 'theirs', 'shop/mirrored': 'mirrored' })
    await push.env.putSecret('source', { user: 'shop', password: FIRST })
    await push.env.leader('--process-push-secret', `--allow-endpoint=${push.env.simulator.endpoint}`)
  })
  afterAll(() => push?.[Symbol.asyncDispose]())

  it('writes one key, and the whole Secret as JSON, under names and stages from templates', async () => {
    await push.push('web', [
      { key: 'web/{{ .namespace }}/{{ .name }}' },
      { key: 'web/{{ .secret }}-{{ .secretKey }}', secretKey: 'password', versionStages: ['of-{{ .name }}'] },
    ])
    await push.env.untilReason('pushsecrets', 'web', 'Synced')
    const { namespace } = cluster
    expect(await push.valueOf(`web/${namespace}/web`)).toBe(JSON.stringify({ password: FIRST, user: 'shop' }))
    const secret = await push.stateOf('web/source-password')
    expect(secret?.versions).toEqual([
      {
        id: expect.stringMatching(/^acksm-1-[\w-]{16}$/) as string,
        data: FIRST,
        dataType: 'text',
        stages: ['ACSCurrent', 'of-web'],
      },
    ])
    expect(secret?.tags['acksm:owner']).toMatch(new RegExp(`^[0-9a-f-]{36}/${namespace}/web$`))
    const { status } = (await push.object('web')) ?? {}
    expect(status?.secrets?.map(({ key, state }) => [key, state])).toEqual([
      [`web/${namespace}/web`, 'Pushed'],
      ['web/source-password', 'Pushed'],
    ])
  })

  it('follows A, B, A with a version each, and needs no write while nothing changes', async () => {
    const selector = { name: 'turning' }
    await push.env.putSecret('turning', { password: FIRST })
    await push.push('aba', [{ key: 'aba', secretKey: 'password' }], { selector })
    await push.untilValue('aba', FIRST)
    const startMs = performance.now()
    for (const value of [SECOND, FIRST]) {
      await push.env.putSecret('turning', { password: value })
      await push.untilValue('aba', value)
    }
    // Each change may be a version, and KMS keeps ten.
    expect(performance.now() - startMs).toBeGreaterThan(PAUSE_MS)
    const versions = async (): Promise<unknown> =>
      (await push.stateOf('aba'))?.versions.map(({ id, data }) => [id.slice(0, 7), data])
    const three = [
      ['acksm-1', FIRST],
      ['acksm-2', SECOND],
      ['acksm-3', FIRST],
    ]
    expect(await versions()).toEqual(three)
    await push.untilPushed('aba', 'aba')
    await push.untilCounted('unchanged', 1, () => push.env.putSecret('turning', { password: FIRST, another: 'key' }))
    expect(await versions()).toEqual(three)
  })

  it('never changes a secret of another owner, and says how to hand it over', async () => {
    await push.push('taken', [{ key: 'taken/by-hand', secretKey: 'user' }])
    const { message } = await push.env.untilReason('pushsecrets', 'taken', 'TargetConflict')
    expect(message).toContain('it was not created by a PushSecret (it has no tag acksm:owner)')
    await push.push('taken-too', [{ key: 'aba', secretKey: 'user' }])
    const other = await push.env.untilReason('pushsecrets', 'taken-too', 'TargetConflict')
    expect(other.message).toContain('its tag acksm:owner names another PushSecret;')
    expect(other.message).not.toContain('/aba')
    expect([await push.valueOf('taken/by-hand'), await push.valueOf('aba')]).toEqual(['theirs', FIRST])
  })

  it('with IfNotExists creates a secret once, and leaves an existing one', async () => {
    const data = [
      { key: 'taken/by-hand', secretKey: 'user' },
      { key: 'once', secretKey: 'user' },
    ]
    await push.push('once', data, { updatePolicy: 'IfNotExists' })
    await push.env.untilReason('pushsecrets', 'once', 'Synced')
    await push.untilCounted('kept', 2, () => push.env.putSecret('source', { user: 'changed' }))
    await push.untilValue(`web/${cluster.namespace}/web`, JSON.stringify({ password: FIRST, user: 'changed' }))
    expect([await push.valueOf('taken/by-hand'), await push.valueOf('once')]).toEqual(['theirs', 'shop'])
    await push.env.putSecret('source', { user: 'shop' })
  })

  it('restores its value and deletes with the policy Delete, always with a recovery window', async () => {
    const policy = { deletionPolicy: 'Delete', recoveryWindowInDays: 7 }
    await push.push(
      'brief',
      [
        { key: 'brief/a', secretKey: 'user' },
        { key: 'brief/b', secretKey: 'user' },
      ],
      policy,
    )
    await push.env.untilReason('pushsecrets', 'brief', 'Synced')
    expect((await push.object('brief'))?.metadata.finalizers).toEqual(['alibabacloud.com/pushed-secrets'])
    const startMs = performance.now()
    for (const time of ['first', 'second']) {
      const strip = { metadata: { finalizers: null } }
      const path = push.env.resourcePath('pushsecrets', 'brief')
      await push.env.cluster.request('PATCH', path, strip, { contentType: 'application/merge-patch+json' })
      await until(`the finalizer is back the ${time} time`, async () => {
        return (await push.object('brief'))?.metadata.finalizers !== undefined
      })
    }
    expect(performance.now() - startMs).toBeGreaterThan(PAUSE_MS)
    await push.push('brief', [{ key: 'brief/b', secretKey: 'user' }], policy)
    await until('brief/a is deleted', async () => (await push.stateOf('brief/a'))?.isDeleted)
    await until('it is forgotten', async () => (await push.object('brief'))?.status?.secrets?.length === 1)
    await push.push(
      'brief',
      [
        { key: 'brief/a', secretKey: 'user' },
        { key: 'brief/b', secretKey: 'user' },
      ],
      policy,
    )
    await until('brief/a is restored', async () => (await push.stateOf('brief/a'))?.isDeleted === false)
    await push.untilPushed('brief', 'brief/a', 'brief/b')
    await push.delete('brief')
    await push.untilGone('brief')
    expect([(await push.stateOf('brief/a'))?.isDeleted, (await push.stateOf('brief/b'))?.isDeleted]).toEqual([
      true,
      true,
    ])
    expect((await push.stateOf('brief/a'))?.versions).toHaveLength(1)
  })

  it('does not delete a secret that another store pushes now, or whose new name is taken', async () => {
    const policy = { deletionPolicy: 'Delete', recoveryWindowInDays: 7 }
    await push.env.apply('SecretStore', 'renamed', { ...accessKeyStore('kms-key'), allowPush: [{ secrets: ['**'] }] })
    await push.push('safe', [{ key: 'safe', secretKey: 'user' }], policy)
    await push.env.untilReason('pushsecrets', 'safe', 'Synced')
    const secretStoreRef = { name: 'renamed' }
    await push.push('safe', [{ key: 'safe', secretKey: 'user' }], { ...policy, secretStoreRef })
    const stores = async (): Promise<unknown> =>
      (await push.object('safe'))?.status?.secrets?.map((entry) => [entry.secretStoreRef.name, entry.state])
    await until('it is pushed through the other store', async () =>
      isDeepStrictEqual(await stores(), [['renamed', 'Pushed']]),
    )
    await push.push('safe', [{ key: 'taken/by-hand', secretKey: 'user' }], { ...policy, secretStoreRef })
    await push.env.untilReason('pushsecrets', 'safe', 'TargetConflict')
    expect(await stores()).toEqual([
      ['renamed', 'Pending'],
      ['renamed', 'Pushed'],
    ])
    expect((await push.stateOf('safe'))?.isDeleted).toBe(false)
  })

  it('reports the secret that stays in the former region of its store, and follows the store', async () => {
    const { endpoint } = push.env.simulator
    const moveTo = (region: string): Promise<void> =>
      push.env.apply('SecretStore', 'moving', {
        ...accessKeyStore('kms-key', undefined, { region, endpoint }),
        allowPush: [{ secrets: ['**'] }],
      })
    const untilIn = (region: string): Promise<unknown> =>
      until(`the record has ${region}`, async () => {
        const secrets = (await push.object('moving'))?.status?.secrets
        return isDeepStrictEqual(
          secrets?.map((entry) => [entry.region, entry.state]),
          [[region, 'Pushed']],
        )
      })
    await moveTo('cn-hangzhou')
    const secretStoreRef = { name: 'moving' }
    await push.push('moving', [{ key: 'moving', secretKey: 'user' }], { deletionPolicy: 'Delete', secretStoreRef })
    await untilIn('cn-hangzhou')
    await moveTo('cn-beijing')
    await untilIn('cn-beijing')
    const event = 'stays in KMS: store moving writes to cn-beijing now, and the secret is in cn-hangzhou'
    await until('the event', async () => (await push.env.visibleObjects()).includes(event))
    expect((await push.stateOf('moving'))?.isDeleted).toBe(false)
  })

  it('keeps the secrets without the policy Delete, and while the Secret or a key is missing', async () => {
    await push.push('kept', [{ key: 'kept', secretKey: 'user' }])
    await push.env.untilReason('pushsecrets', 'kept', 'Synced')
    await push.push('kept', [{ key: 'kept', secretKey: 'absent' }])
    const { message } = await push.env.untilReason('pushsecrets', 'kept', 'SecretNotFound')
    expect(message).toBe('Secret source has no key absent; KMS keeps its values until the key exists')
    await push.push('kept', [{ key: 'kept', secretKey: 'user' }], {
      selector: { name: 'absent' },
      deletionPolicy: 'Delete',
    })
    await until('the Secret is missed', async () =>
      (await push.env.ready('pushsecrets', 'kept'))?.message.includes(
        `Secret ${cluster.namespace}/absent does not exist`,
      ),
    )
    expect((await push.stateOf('kept'))?.isDeleted).toBe(false)
    await push.push('kept', [{ key: 'kept', secretKey: 'user' }], { deletionPolicy: 'None' })
    await push.env.untilReason('pushsecrets', 'kept', 'Synced')
    await push.delete('kept')
    await push.untilGone('kept')
    expect((await push.stateOf('kept'))?.isDeleted).toBe(false)
  })

  it('deletes nothing while a name cannot be rendered', async () => {
    const policy = { deletionPolicy: 'Delete' }
    await push.push('typo', [{ key: 'typo', secretKey: 'user' }], policy)
    await push.env.untilReason('pushsecrets', 'typo', 'Synced')
    await push.push('typo', [{ key: 'typo-{{ .nmae }}', secretKey: 'user' }], policy)
    await push.env.untilReason('pushsecrets', 'typo', 'TemplateError')
    expect((await push.object('typo'))?.status?.secrets?.map(({ key }) => key)).toEqual(['typo'])
    await push.push('typo', [{ key: '{{ "acs/" }}{{ .name }}', secretKey: 'user' }], policy)
    const { message } = await push.env.untilReason('pushsecrets', 'typo', 'InvalidSpec')
    expect(message).toMatch(/^spec\.data\[0\]\.key: names that begin with acs\/ belong to managed secrets/)
    expect((await push.stateOf('typo'))?.isDeleted).toBe(false)
  })

  it('writes only what the store allows, and what its list of reads allows as well', async () => {
    await push.env.putSecret('limited', { a: 'a' })
    const write = (key: string): Promise<void> =>
      push.push('limited', [{ key, secretKey: 'a' }], { selector: { name: 'limited' } })
    try {
      await push.store({ allowPush: null })
      // Stores and PushSecrets have a watch each: the operator knows the store once it refuses another PushSecret.
      await push.env.untilReason('pushsecrets', 'web', 'StoreNotAllowed')
      for (const [store, why] of [
        [{}, 'allows no PushSecret to write'],
        [{ allowPush: [{ secrets: ['mine/**'] }] }, 'spec.allowPush of the store lists'],
        [{ allowPush: [{ secrets: ['**'], namespaces: ['elsewhere'] }] }, 'spec.allowPush of the store lists'],
        [{ allowPush: [{ secrets: ['**'] }], allow: [{ secrets: ['mine/**'] }] }, 'spec.allow of the store lists'],
      ] as const) {
        // An empty list is absent for a merge patch, too.
        await push.store({ allowPush: null, allow: null, ...store })
        await write('their/secret')
        await until(`a store with ${JSON.stringify(store)} refuses`, async () => {
          const ready = await push.env.ready('pushsecrets', 'limited')
          return ready?.reason === 'StoreNotAllowed' && ready.message.includes(why)
        })
      }
      expect(await push.stateOf('their/secret')).toBeUndefined()
      await write('mine/secret')
      await push.untilValue('mine/secret', 'a')
    } finally {
      await push.store({ allowPush: [{ secrets: ['**'] }], allow: null })
    }
  })

  describe('never makes a loop with an ExternalSecret', () => {
    const mirror = (name: string): Promise<void> => push.env.externalSecret(name, { value: 'shop/mirrored' })

    it('that was there first', async () => {
      await mirror('first')
      await push.env.untilSecret('first', { value: 'mirrored' })
      await push.push('second', [{ key: 'shop/mirrored' }], { selector: { name: 'first' } })
      const { message } = await push.env.untilReason('pushsecrets', 'second', 'LoopDetected')
      expect(message).toContain('ExternalSecret first writes Secret first from it')
      expect((await push.stateOf('shop/mirrored'))?.versions).toHaveLength(1)
    })

    it('that comes later and adopts the Secret', async () => {
      await push.env.putSecret('later', { value: 'pushed' })
      await push.push('earlier', [{ key: 'loop/later' }], { selector: { name: 'later' } })
      await push.untilValue('loop/later', '{"value":"pushed"}')
      const target = { name: 'later', creationPolicy: 'Adopt' }
      await push.env.externalSecret('later', { value: 'loop/later' }, { target })
      await push.env.untilReason('pushsecrets', 'earlier', 'LoopDetected')
      await push.env.untilSecret('later', { value: '{"value":"pushed"}' })
      expect((await push.stateOf('loop/later'))?.versions).toHaveLength(1)
    })
  })

  it('is read by an ExternalSecret at once, long before its interval', async () => {
    const selector = { name: 'announced' }
    await push.env.putSecret('announced', { password: FIRST })
    await push.push('announced', [{ key: 'announced', secretKey: 'password' }], { selector })
    await push.untilValue('announced', FIRST)
    await push.env.externalSecret('reader', { value: 'announced' }, { rotationInterval: '2h' })
    await push.env.untilSecret('reader', { value: FIRST })
    await push.env.putSecret('announced', { password: SECOND })
    await push.env.untilSecret('reader', { value: SECOND })
  })

  it.each([
    { what: 'finalizer', path: '/metadata/finalizers' },
    { what: 'status', path: '/status/secrets' },
  ])('writes nothing while admission removes its $what, and all of it afterwards', async ({ what, path }) => {
    const name = `without-${what}`
    const webhook = await removeByAdmission(cluster, name, path)
    try {
      await push.push(name, [{ key: name, secretKey: 'password' }], { deletionPolicy: 'Delete' })
      const { message } = await push.env.untilReason('pushsecrets', name, 'WriteFailed')
      expect(message).toContain(`an admission webhook or policy changed the ${what} of the PushSecret`)
      expect(await push.stateOf(name)).toBeUndefined()
    } finally {
      await webhook[Symbol.asyncDispose]()
    }
    await push.untilPushed(name, name)
    await push.delete(name)
    await push.untilGone(name)
    expect((await push.stateOf(name))?.isDeleted).toBe(true)
  })

  it('tells no value in statuses, events, logs or metrics, and counts its pushes', async () => {
    const said = await push.env.visibleObjects()
    const [operator] = push.env.operators
    const page = await operator?.metrics()
    for (const value of [FIRST, SECOND]) {
      expect(said).not.toContain(value)
      expect(said).not.toContain(Buffer.from(value).toString('base64'))
      expect(operator?.program.lines.join('\n')).not.toContain(value)
      expect(page).not.toContain(value)
    }
    expect(said).toContain('version acksm-3-')
    expect(page).toMatch(/^acksm_push_total\{result="pushed"\} \d+$/m)
    expect(page).toMatch(/^acksm_resources\{kind="PushSecret",ready="False"\} \d+$/m)
    // No value is ever read to decide, but by the ExternalSecrets.
    const { calls } = await push.env.simulator.calls()
    const read = calls.filter(({ action }) => action === 'GetSecretValue').map(({ secret }) => secret)
    expect([...new Set(read)].toSorted()).toEqual(['announced', 'loop/later', 'shop/mirrored'])
  })
})
