import { isDeepStrictEqual } from 'node:util'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type KubeSecret, type OperatorProcess, TestEnvironment, textsOf, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findLeaks } from '@ack-secret-manager/test-support/canary'

type FullSecret = KubeSecret & {
  readonly type: string
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> }
}

const PEM = '-----BEGIN CERTIFICATE-----\ncanary-cert\n-----END CERTIFICATE-----\n'

describeCluster('templates on a real API server', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  let testEnv: TestEnvironment
  let operator: OperatorProcess

  beforeAll(async () => {
    testEnv = await TestEnvironment.start({
      controlPlane: cluster,
      seed: {
        secrets: {
          user: 'canary-tom',
          password: 'canary-one',
          rotated: 'canary-first',
          tls: JSON.stringify({ certificate: PEM, key: 'canary-key' }),
          team: 'web',
        },
      },
    })
    operator = await testEnv.leader()
  })
  afterAll(() => testEnv?.[Symbol.asyncDispose]())

  const db = { user: 'user', password: 'password' }
  const templated = (name: string, template: object, secrets: Readonly<Record<string, string>> = db): Promise<void> =>
    testEnv.externalSecret(name, secrets, { target: { template } })
  const configMap = (name: string, data: Readonly<Record<string, string | null>>): Promise<void> =>
    testEnv.applyObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
  const items = (key: string, more: object = {}): object[] => [{ key, ...more }]
  const secret = async (name: string): Promise<FullSecret> => (await testEnv.secret(name)) as FullSecret
  const versionOf = async (name: string): Promise<string> => (await secret(name)).metadata.resourceVersion
  /** Labels and annotations that the operator does not use as ownership marks. */
  const metadataOf = async (name: string): Promise<Record<string, string>> => {
    const { labels = {}, annotations = {} } = (await secret(name)).metadata
    const theirs = Object.entries({ ...labels, ...annotations }).filter(
      ([key]) => !/alibabacloud\.com\/|^app\.kubernetes/.test(key),
    )
    return Object.fromEntries(theirs)
  }
  const untilMetadata = (name: string, wanted: Record<string, string>): Promise<unknown> =>
    until(`${name} has its labels and annotations`, async () => isDeepStrictEqual(await metadataOf(name), wanted))
  const patchSpec = (name: string, template: object): Promise<unknown> =>
    cluster.request('PATCH', testEnv.resourcePath('externalsecrets', name), { spec: { target: { template } } })
  /** Rotates a secret and waits for its write, after which all earlier writes are complete. */
  const untilRotated = async (): Promise<void> => {
    const value = `canary-${Math.random().toString(36).slice(2)}`
    await testEnv.simulator.put('rotated', value)
    await testEnv.externalSecret('rotates', { rotated: 'rotated' })
    await testEnv.untilSecret('rotates', { rotated: value })
  }

  it('create a TLS Secret from one document', async () => {
    const pick = (path: string): object => ({ path, objectAlias: path })
    await testEnv.apply('ExternalSecret', 'tls', {
      data: [{ key: 'tls', secretStoreRef: { name: 'kms' }, jmesPath: [pick('certificate'), pick('key')] }],
      target: {
        template: {
          type: 'kubernetes.io/tls',
          data: { 'tls.crt': '{{ .certificate }}', 'tls.key': '{{ .key | trim }}' },
        },
      },
    })
    await testEnv.untilSecret('tls', { 'tls.crt': PEM, 'tls.key': 'canary-key' })
    expect((await secret('tls')).type).toBe('kubernetes.io/tls')
    expect(await testEnv.untilReason('externalsecrets', 'tls', 'Synced')).toMatchObject({ status: 'True' })
  })

  it('render a file of a ConfigMap, again when the ConfigMap changes, and write nothing otherwise', async () => {
    await configMap('files', { 'app.conf': 'user={{ .user | quote }}\npassword={{ .password | b64enc }}\n' })
    await templated('files', { templateFrom: [{ configMap: { name: 'files', items: items('app.conf') } }] })
    const encoded = Buffer.from('canary-one').toString('base64')
    await testEnv.untilSecret('files', { 'app.conf': `user="canary-tom"\npassword=${encoded}\n` })
    const before = await versionOf('files')
    await configMap('files', { other: 'x' })
    await untilRotated()
    expect(await versionOf('files')).toBe(before)
    await configMap('files', { 'app.conf': '{{ .user }}' })
    await testEnv.untilSecret('files', { 'app.conf': 'canary-tom' })
  })

  it('create keys from lines, and prune removed ones', async () => {
    await configMap('pairs', {
      env: '# of the shop\nDB_USER={{ .user }}\nDB_URL = db://{{ .user }}:{{ .password }}@db?a=b\n',
    })
    const source = { configMap: { name: 'pairs', items: items('env', { templateAs: 'KeysAndValues' }) } }
    await templated('pairs', { data: { own: 'mine' }, templateFrom: [source] })
    await testEnv.untilSecret('pairs', {
      own: 'mine',
      DB_USER: 'canary-tom',
      DB_URL: 'db://canary-tom:canary-one@db?a=b',
    })
    await configMap('pairs', { env: 'DB_USER={{ .user }}' })
    await testEnv.untilSecret('pairs', { own: 'mine', DB_USER: 'canary-tom' })
  })

  it('read a template from a Secret, and report a missing one until it exists', async () => {
    const source = { secret: { name: 'tpl', items: items('url') } }
    await templated('of-secret', { templateFrom: [source], mergePolicy: 'Merge' })
    const { message } = await testEnv.untilReason('externalsecrets', 'of-secret', 'TemplateError')
    const field = 'spec.target.template.templateFrom[0].secret.items[0].key'
    expect(message).toContain(`${field}: Secret ${cluster.namespace}/tpl does not exist`)
    expect(await testEnv.secret('of-secret')).toBeUndefined()
    const template = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tpl' } }
    await testEnv.applyObject({ ...template, stringData: { url: 'db://{{ .user }}' } })
    await testEnv.untilSecret('of-secret', { user: 'canary-tom', password: 'canary-one', url: 'db://canary-tom' })
    await testEnv.untilReason('externalsecrets', 'of-secret', 'Synced')
    await testEnv.applyObject({ ...template, stringData: { url: '{{ canarySecret }}' } })
    const failed = await testEnv.untilReason('externalsecrets', 'of-secret', 'TemplateError')
    expect(failed.message).toContain('its text is not shown')
    expect(textsOf(await secret('of-secret'))).toMatchObject({ url: 'db://canary-tom' })
  })

  it('set, change, restore and remove labels and annotations, and keep those of other writers', async () => {
    await configMap('labels', { pairs: 'tier=db\n' })
    const source = { configMap: { name: 'labels', items: items('pairs', { templateAs: 'KeysAndValues' }) } }
    const template = {
      templateFrom: [{ ...source, target: 'Labels' }],
      metadata: { labels: { team: '{{ .team }}' }, annotations: { 'example.com/note': 'of {{ .team }} & co' } },
    }
    await templated('labels', template, { team: 'team' })
    await testEnv.untilSecret('labels', { team: 'web' })
    await untilMetadata('labels', { team: 'web', tier: 'db', 'example.com/note': 'of web & co' })

    await cluster.request('PATCH', testEnv.secretPath('labels'), { metadata: { labels: { team: 'eve', theirs: 'x' } } })
    await untilMetadata('labels', { team: 'web', theirs: 'x', tier: 'db', 'example.com/note': 'of web & co' })
    await testEnv.simulator.put('team', 'shop')
    await untilMetadata('labels', { team: 'shop', theirs: 'x', tier: 'db', 'example.com/note': 'of shop & co' })
    await configMap('labels', { pairs: 'zone=a\n' })
    await untilMetadata('labels', { team: 'shop', theirs: 'x', zone: 'a', 'example.com/note': 'of shop & co' })
    await patchSpec('labels', { metadata: { annotations: null } })
    await untilMetadata('labels', { team: 'shop', theirs: 'x', zone: 'a' })
    const settled = await versionOf('labels')
    await untilRotated()
    expect(await versionOf('labels')).toBe(settled)
    await cluster.request('PATCH', testEnv.resourcePath('externalsecrets', 'labels'), { spec: { target: null } })
    await untilMetadata('labels', { theirs: 'x' })
    await testEnv.untilSecret('labels', { team: 'shop' })
  })

  it.each([
    ['with an unknown key', '{{ .missing }}', /spec\.target\.template\.data\[url\].*missing/],
    ['with a syntax error', '{{ .user', /spec\.target\.template\.data\[url\].*line 1/],
    ['with a disabled function', '{{ env "PATH" }}', /spec\.target\.template\.data\[url\].*env/],
    [
      'that does not end',
      '{{ range $i := until 1000000 }}{{ range $j := until 1000000 }}{{ end }}{{ end }}',
      /spec\.target\.template\.data\[url\]/,
    ],
  ])('do not change the Secret with a template %s, and other resources continue', async (_what, bad, expected) => {
    await templated('bad', { data: { url: 'db://{{ .user }}' } })
    await testEnv.untilSecret('bad', { url: 'db://canary-tom' })
    const before = await versionOf('bad')
    await patchSpec('bad', { data: { url: bad } })
    await untilRotated()
    const { message } = await testEnv.untilReason('externalsecrets', 'bad', 'TemplateError')
    expect(message).toMatch(expected)
    expect(await versionOf('bad')).toBe(before)
    await patchSpec('bad', { data: { url: 'db://{{ .user }}' } })
    await testEnv.untilReason('externalsecrets', 'bad', 'Synced')
  })

  it('write nothing while an input is missing', async () => {
    await templated('partial', { data: { user: '{{ .user }}' } }, { ...db, gone: 'not-in-kms' })
    const { message } = await testEnv.untilReason('externalsecrets', 'partial', 'Degraded')
    expect(message).toContain('SecretNotFound')
    expect(await testEnv.secret('partial')).toBeUndefined()
  })

  it('reject ownership marks of the operator, and their own target as a source', async () => {
    await templated('marks', { metadata: { labels: { 'alibabacloud.com/managed-by': 'me' } } })
    const marks = await testEnv.untilReason('externalsecrets', 'marks', 'InvalidSpec')
    expect(marks.message).toContain('spec.target.template.metadata.labels.alibabacloud.com/managed-by')
    await templated('itself', { templateFrom: [{ secret: { name: 'itself', items: items('a') } }] })
    const itself = await testEnv.untilReason('externalsecrets', 'itself', 'TemplateError')
    expect(itself.message).toContain('is the target itself')
  })

  it('reveal no value', async () => {
    const said = `${await testEnv.visibleObjects()}\n${operator.program.lines.join('\n')}`
    expect(findLeaks(said, ['canary-'])).toEqual([])
    expect(findLeaks(said, ['canarySecret'])).toEqual([])
  })
})
