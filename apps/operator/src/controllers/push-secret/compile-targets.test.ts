import { SecretSyncError, type Sensitive, type TemplateRenderer } from '@ack-secret-manager/core'
import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
import { parsePushSecret } from '@ack-secret-manager/resources'
import { afterAll, expect, it } from 'vitest'
import { compileTargets } from './compile-targets.ts'

const renderer = new GoTemplateRenderer()
afterAll(() => renderer.close())

function compile(data: readonly object[], by: Pick<TemplateRenderer, 'render'> = renderer) {
  const parsed = parsePushSecret({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { secretStoreRef: { name: 'kms' }, selector: { name: 'source' }, data },
  })
  if (!parsed.ok) throw parsed.error
  return compileTargets(parsed.resource, { renderer: by, uid: 'uid', signal: new AbortController().signal })
}

it('renders names and stages from the names of the objects', async () => {
  const { targets, failures } = await compile([
    { key: '{{ .namespace }}/{{ .name }}/{{ .secret }}' },
    {
      key: 'shop/{{ .secretKey | upper }}',
      secretKey: 'password',
      versionStages: ['of-{{ .name }}', 'green', 'green'],
    },
    { key: 'literal' },
  ])
  expect(failures).toEqual([])
  expect(targets.map(({ name, stages }) => [name, ...stages])).toEqual([
    ['shop/web/source'],
    ['shop/PASSWORD', 'of-web', 'green'],
    ['literal'],
  ])
})

it('renders no template for literal texts', async () => {
  const render = () => Promise.reject(new Error('not expected'))
  expect((await compile([{ key: 'a' }, { key: 'b' }], { render })).targets).toHaveLength(2)
})

it.each([
  [
    'a template that gives no name',
    [{ key: '{{ "" }}' }],
    'InvalidSpec',
    /^spec\.data\[0\]\.key: expected 1 to 192 letters.*, got ""$/,
  ],
  [
    'a template that gives a managed name',
    [{ key: 'a{{ "" }}' }, { key: '{{ "acs/" }}x' }],
    'InvalidSpec',
    /^spec\.data\[1\]\.key: names that begin with acs\//,
  ],
  [
    'a template that gives a stage of KMS',
    [{ key: 'a', versionStages: ['{{ "ACS" }}Current'] }],
    'InvalidSpec',
    /^spec\.data\[0\]\.versionStages\[0\]: stages that begin with ACS/,
  ],
  [
    'a template without the key of an entry',
    [{ key: 'a/{{ .secretKey }}' }],
    'TemplateError',
    /^spec\.data\[0\]\.key, line 1.*\.secretKey has no value/,
  ],
  ['a template that does not parse', [{ key: '{{ if }}' }], 'TemplateError', /^spec\.data\[0\]\.key/],
  [
    'two entries with one name',
    [{ key: 'shop/web' }, { key: 'shop/{{ .name }}' }],
    'DuplicateKey',
    /^spec\.data: several entries push to KMS secret "shop\/web"/,
  ],
])('%s fails', async (_what, data, reason, message) => {
  const { failures } = await compile(data)
  expect(failures).toEqual([expect.objectContaining({ reason, message: expect.stringMatching(message) as string })])
})

it('pushes neither of two entries with one name', async () =>
  expect(
    (await compile([{ key: 'a' }, { key: 'a', secretKey: 'b' }, { key: 'c' }])).targets.map(({ name }) => name),
  ).toEqual(['c']))

it('renders nothing after a failed template, because each one may take the renderer for seconds', async () => {
  let renders = 0
  const render = (): Promise<readonly Sensitive<Uint8Array>[]> => {
    renders += 1
    return Promise.reject(new SecretSyncError('TemplateError', 'took too long'))
  }
  const data = Array.from({ length: 63 }, (_none, at) => ({ key: `{{ .name }}-${at}` }))
  const { targets, failures } = await compile([...data, { key: 'literal' }], { render })
  expect([renders, targets.map(({ name }) => name), failures.length]).toEqual([1, ['literal'], 1])
})
