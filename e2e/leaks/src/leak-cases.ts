import { canary, plant } from '@ack-secret-manager/test-support/canary'
import { providerArn, roleArn, type TestEnvironment } from '@ack-secret-manager/testenv'
import { LEAKY_PACKAGE } from './leaky-package.ts'
import { VALUES } from './leak-seed.ts'

/** An ExternalSecret and the expected reason of its Ready condition. */
export interface LeakRow {
  readonly reason: string
  readonly spec: object
}

/** Lets PushSecrets write everything. */
const PUSHABLE = { allowPush: [{ secrets: ['**'] }] }

const accessKey = (name: string): object => ({
  accessKey: { name, key: 'id' },
  accessKeySecret: { name, key: 'secret' },
})
const kms = (KMSAuth: object, more: object = {}): object => ({ KMS: { KMSAuth, ...more } })

/** Stores of every kind: working ones, and ones that fail after they have a credential. */
export async function leakStores(env: TestEnvironment, hostile: string): Promise<Readonly<Record<string, object>>> {
  const instance = await env.simulator.instance()
  const clientKey = (name: string): object => ({
    dedicatedKMSAuth: {
      ...instance,
      clientKeyContent: { name, key: 'file' },
      password: { name, key: 'password' },
    },
  })
  const leaky = (mode: string): object => ({ plugin: { package: LEAKY_PACKAGE, config: { mode } } })
  return {
    plain: kms(accessKey('plain')),
    assuming: kms({ ...accessKey('assuming'), ramRoleARN: roleArn('reader') }),
    rrsa: kms({
      serviceAccountRef: { name: 'shop' },
      ramRoleARN: roleArn('shop'),
      oidcProviderARN: providerArn('ack'),
    }),
    'worker-role': kms({ workerRole: {} }),
    aap: { KMS: clientKey('client-key') },
    instance: kms(accessKey('instance'), { dedicatedKMSAuth: instance }),
    oos: { OOS: { OOSAuth: accessKey('oos') } },
    denied: { ...kms(accessKey('denied')), ...PUSHABLE },
    pusher: { ...kms(accessKey('pusher')), ...PUSHABLE },
    wrong: kms(accessKey('wrong')),
    spaced: kms(accessKey('spaced')),
    swapped: kms(accessKey('swapped')),
    'password-as-id': kms(accessKey('password-as-id')),
    'closed-role': kms({ ...accessKey('plain'), ramRoleARN: roleArn('closed') }),
    'wrong-password': { KMS: clientKey('wrong-password') },
    'no-client-key': { KMS: clientKey('no-client-key') },
    'no-token': kms({
      oidcTokenFilePath: `${env.directory}/no-token`,
      oidcProviderARN: providerArn('ack'),
      ramRoleARN: roleArn('operator'),
    }),
    hostile: { ...kms(accessKey('plain'), { endpoint: hostile }), ...PUSHABLE },
    leaky: leaky('open'),
    'leaky-closed': leaky('closed'),
    'leaky-unvalidated': leaky('unvalidated'),
  }
}

/** Wrong credentials by Secret; `client-key` and `file` are from the seed. */
export function wrongCredentials(id: string, file: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    wrong: { id, secret: canary('wrong-secret') },
    swapped: { id: canary('swapped-secret'), secret: id },
    // Ids from before 2016 have no prefix, so this password looks like an id.
    'password-as-id': { id: plant('a password as an id', `${marker()}Pw01`), secret: canary('no-secret') },
    spaced: { id, secret: `${canary('spaced')} ${canary('spaced-end')}` },
    'wrong-password': { file, password: canary('wrong-password') },
    'no-client-key': { file: canary('no-client-key'), password: canary('useless-password') },
  }
}

/** Marker of this run: twelve letters and digits. */
function marker(): string {
  return canary('marker').split('-')[1] ?? ''
}

const entry = (key: string, store: string, more: object = {}): object => ({
  key,
  name: 'password',
  secretStoreRef: { name: store },
  ...more,
})
const read = (reason: string, key: string, store = 'plain', more: object = {}): LeakRow => ({
  reason,
  spec: { data: [entry(key, store)], ...more },
})
const extract = (reason: string, key: string, more: object = {}): LeakRow => ({
  reason,
  spec: { dataProcess: [{ extract: { key, secretStoreRef: { name: 'plain' } }, ...more }] },
})
const pick = (reason: string, key: string, path: string): LeakRow => ({
  reason,
  spec: { data: [entry(key, 'plain', { jmesPath: [{ path, objectAlias: 'picked' }] })] },
})
const template = (reason: string, content: object, key = 'json'): LeakRow => ({
  reason,
  spec: { data: [entry(key, 'plain')], target: { template: content } },
})
const fails = (expression: string): LeakRow => template('TemplateError', { data: { out: `{{ ${expression} }}` } })
const fromSecret = (key: string): object => ({ templateFrom: [{ secret: { name: 'templates', items: [{ key }] } }] })

/** Cases that succeed: every kind of value and of entry. */
export const SYNCED_ROWS: Readonly<Record<string, LeakRow>> = {
  kinds: {
    reason: 'Synced',
    spec: {
      data: Object.keys(VALUES).map((key) => entry(key, 'plain', { name: key })),
      dataProcess: [{ extract: { key: 'json', secretStoreRef: { name: 'plain' } } }],
    },
  },
  ...Object.fromEntries(
    ['plain', 'assuming', 'rrsa', 'worker-role', 'aap', 'instance', 'leaky'].map((store) => [
      `by-${store}`,
      read('Synced', 'text', store, store === 'leaky' ? { provider: 'plugin' } : {}),
    ]),
  ),
  'by-oos': read('Synced', 'text', 'oos', { provider: 'oos' }),
  rendered: template('Synced', fromSecret('good')),
  immutable: read('Synced', 'text', 'plain', { target: { immutable: true } }),
}

/** Data of the Secret `pushed`. */
export const PUSHED: Readonly<Record<string, string>> = {
  text: canary('pushed-text'),
  quoted: `"${canary('pushed-quoted')}"\n<&> \\ ${canary('pushed-end')}`,
  empty: '',
}

const push = (reason: string | undefined, key: string, store: string, more: object = {}): LeakPush => ({
  reason,
  spec: { secretStoreRef: { name: store }, selector: { name: 'pushed' }, data: [{ key, ...more }] },
})

/** A PushSecret and the expected reason of its Ready condition; undefined: any failure. */
export interface LeakPush {
  readonly reason: string | undefined
  readonly spec: object
}

/** PushSecrets: what is pushed, and what fails with the value in hand. */
export const PUSH_ROWS: Readonly<Record<string, LeakPush>> = {
  'push-text': push('Synced', 'pushed/text', 'pusher', { secretKey: 'text' }),
  'push-json': push('Synced', 'pushed/json', 'pusher'),
  'push-taken': push('TargetConflict', 'text', 'pusher', { secretKey: 'text' }),
  'push-denied': push('AccessDenied', 'pushed/denied', 'denied', { secretKey: 'quoted' }),
  'push-empty': push('NoData', 'pushed/empty', 'pusher', { secretKey: 'empty' }),
  'push-hostile': push(undefined, 'pushed/hostile', 'hostile', { secretKey: 'text' }),
}

/** Cases that fail after a value or a credential was read. */
export const FAILED_ROWS: Readonly<Record<string, LeakRow>> = {
  'key-wrong': read('AuthenticationFailed', 'text', 'wrong'),
  'key-swapped': read('AuthenticationFailed', 'text', 'swapped'),
  'key-password': read('AuthenticationFailed', 'text', 'password-as-id'),
  'key-spaced': read('AuthenticationFailed', 'text', 'spaced'),
  'role-closed': read('AuthenticationFailed', 'text', 'closed-role'),
  'password-wrong': read('AuthenticationFailed', 'text', 'wrong-password'),
  'client-key-none': read('AuthenticationFailed', 'text', 'no-client-key'),
  'token-none': read('AuthenticationFailed', 'text', 'no-token'),
  'access-denied': read('AccessDenied', 'text', 'denied'),
  'scalar-document': extract('NotADocument', 'scalar'),
  'cut-json-document': extract('NotADocument', 'cut-json'),
  'cut-yaml-document': extract('NotADocument', 'cut-yaml'),
  'binary-document': extract('NotADocument', 'binary'),
  'odd-keys-document': extract('InvalidKey', 'odd-keys'),
  'bad-rule': extract('InvalidSpec', 'json', { replaceRule: [{ source: '(', target: 'x' }] }),
  'bad-path': pick('InvalidSpec', 'json', 'nested[?'),
  'absent-path': pick('PathNotFound', 'json', 'nested.nothing'),
  'failing-path': pick('PathNotFound', 'json', 'abs(user)'),
  'for-docker': read('InvalidForType', 'json', 'plain', { type: 'kubernetes.io/dockercfg' }),
  'for-docker-json': {
    reason: 'InvalidForType',
    spec: { type: 'kubernetes.io/dockerconfigjson', data: [entry('text', 'plain', { name: '.dockerconfigjson' })] },
  },
  'for-label': template('TemplateError', { metadata: { labels: { team: '{{ .password }} !' } } }, 'text'),
  'for-annotation': template('TemplateError', {
    metadata: { annotations: { 'example.com/note': '{{ fail .password }}' } },
  }),
  'template-fails': fails('fail .password'),
  'template-number': fails('mustToDate "2006" .password'),
  'template-json': fails('mustFromJson (print .password "}")'),
  'template-index': fails('index (fromJson .password) "user" "nothing"'),
  'template-call': fails('call .password'),
  'template-range': fails('range .password }}{{ end'),
  'template-slice': fails('slice .password 1 99999'),
  'template-regex': fails('mustRegexFind (print "(" .password) "x"'),
  'template-key': fails('genPrivateKey .password'),
  'template-cert': fails('buildCustomCert .password .password'),
  'template-crypt': fails('decryptAES .password .password'),
  'template-include': fails('template .password'),
  'template-of-secret': template('TemplateError', fromSecret('bad')),
  'template-of-secret-parsed': template('TemplateError', fromSecret('unparsed')),
  'template-lines': template('InvalidKey', fromSecretLines('lines')),
  taken: read('TargetConflict', 'text'),
  refused: read('WriteFailed', 'text'),
  ...Object.fromEntries(
    ['throws', 'throws-text', 'forges'].map((name) => [
      `leaky-${name}`,
      read('InternalError', name, 'leaky', { provider: 'plugin' }),
    ]),
  ),
  'leaky-no-bytes': read('Unavailable', 'no-bytes', 'leaky', { provider: 'plugin' }),
  'leaky-closed': read('InvalidSpec', 'text', 'leaky-closed', { provider: 'plugin' }),
  'leaky-unvalidated': read('InvalidSpec', 'text', 'leaky-unvalidated', { provider: 'plugin' }),
}

/** Templates with a canary, in the Secret `templates`. */
export const TEMPLATES: Readonly<Record<string, string>> = {
  good: `${canary('template')} {{ .password }}`,
  bad: `${canary('failing-template')} {{ fail "${canary('template-failure')}" }}`,
  unparsed: `${canary('unparsed-template')} {{ "${canary('template-argument')}" | nofunction }}`,
  lines: `${canary('template-line')} !={{ .password }}`,
}

function fromSecretLines(key: string): object {
  return { templateFrom: [{ secret: { name: 'templates', items: [{ key, templateAs: 'KeysAndValues' }] } }] }
}
