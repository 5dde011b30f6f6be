import { type Flag, variableOf } from '@ack-secret-manager/command-line'
import { describe, expect, it } from 'vitest'
import { FLAGS } from './flags.ts'
import { type OperatorConfig, operatorConfig } from './operator-config.ts'
import { parseFlags } from './parse-flags.ts'

function configOf(argv: string[], env: Record<string, string> = {}): OperatorConfig & { warnings: readonly string[] } {
  const { values, warnings } = parsed(argv, env)
  return { ...operatorConfig(values), warnings }
}

function parsed(argv: string[], env: Record<string, string>): NonNullable<ReturnType<typeof parseFlags>> {
  const flags = parseFlags(argv, env, { stdout: { write: () => undefined } })
  if (flags === undefined) throw new Error('unexpected help')
  return flags
}

const HTTP_TARGET = [
  '--hint-http-bind-address=:8082',
  '--hint-http-url=https://hooks.example.com/hints',
  '--hint-http-token-file=/token',
  '--hint-http-account=1234567890123456',
]

describe('flags', () => {
  it('have defaults', () => {
    expect(configOf([])).toMatchObject({
      region: 'cn-hangzhou',
      pollingIntervalMs: 120_000,
      disablePolling: false,
      maxConcurrentReads: 64,
      listMemoryMib: 128,
      kmsBatchCost: undefined,
      metricsAddress: { host: '', port: 8080 },
    })
  })

  it.each<[string[], Record<string, string>, Partial<OperatorConfig>]>([
    [['--region', 'cn-beijing', '--concurrency', '3'], {}, { region: 'cn-beijing', scope: '--region=cn-beijing' }],
    [['--watch-namespaces', 'b,a,b'], {}, { scope: '--region=cn-hangzhou --watch-namespaces=a,b' }],
    [
      ['--exclude-namespaces=a', '--process-push-secret', '--process-cluster-secret-store=false'],
      {},
      {
        scope:
          '--region=cn-hangzhou --exclude-namespaces=a --process-cluster-secret-store=false --process-push-secret=true',
      },
    ],
    [['-region=cn-beijing'], {}, { region: 'cn-beijing' }],
    [['--disable-polling'], {}, { disablePolling: true }],
    [['--kms-batch'], {}, { kmsBatchCost: 20 }],
    [['--kms-batch', '--kms-batch-cost=1'], {}, { kmsBatchCost: 1 }],
    [['--disable-polling=false'], {}, { disablePolling: false }],
    [
      ['--hint-queue', 'acs:mns:cn-hangzhou:1:/queues/q', '--polling-interval-with-push', '30m'],
      {},
      {
        hintQueue: {
          queue: { account: '1', region: 'cn-hangzhou', name: 'q' },
          endpoint: undefined,
          pollingIntervalMs: 1_800_000,
        },
      },
    ],
    [
      [...HTTP_TARGET, '--hint-http-certificate-endpoint=127.0.0.1:443'],
      {},
      {
        hintTarget: {
          address: { host: '', port: 8082 },
          url: 'https://hooks.example.com/hints',
          tokenFile: '/token',
          account: '1234567890123456',
          certificateEndpoint: '127.0.0.1:443',
        },
      },
    ],
    [['--polling-interval=1h30m'], {}, { pollingIntervalMs: 5_400_000 }],
    [['--watch-namespaces', '"a,b"'], {}, { watchNamespaces: ['a', 'b'] }],
    [['--allow-endpoint', 'x:1', '--allow-endpoint', 'y'], {}, { allowEndpoints: ['x:1', 'y'] }],
    [['--allow-endpoint', '127.0.0.1:41943'], {}, { allowEndpoints: ['127.0.0.1:41943'] }],
    [
      ['--allow-endpoint', '*.cryptoservice.kms.aliyuncs.com,kms.*.aliyuncs.com'],
      {},
      { allowEndpoints: ['*.cryptoservice.kms.aliyuncs.com', 'kms.*.aliyuncs.com'] },
    ],
    [['--metrics-bind-address', '0'], {}, { metricsAddress: undefined }],
    [['--metrics-bind-address', '127.0.0.1:0'], {}, { metricsAddress: { host: '127.0.0.1', port: 0 } }],
    [[], { ACKSM_KMS_QPS: '7' }, { kmsQps: 7 }],
    [['--kms-qps', '8'], { ACKSM_KMS_QPS: '7' }, { kmsQps: 8 }],
    [
      ['--backend-package', '@example/a', '--backend-package', 'b,c', '--plugin-dir', '/plugins'],
      {},
      { backendPackages: ['@example/a', 'b', 'c'], pluginDirs: ['/plugins'] },
    ],
    [['--enable-worker-role'], {}, { enableWorkerRole: true, ownIdentity: undefined, ownIdentityNamespaces: ['*'] }],
    [['--enable-worker-role', '--own-identity', 'worker-role'], {}, { ownIdentity: 'worker-role' }],
    [[], { ACKSM_OWN_IDENTITY: 'none' }, { ownIdentity: 'none' }],
    [
      ['--own-identity-namespaces', 'platform,team-*', '--own-identity-namespaces', '-'],
      {},
      { ownIdentityNamespaces: ['platform', 'team-*', '-'] },
    ],
    [[], { ACKSM_OWN_IDENTITY_NAMESPACES: '"web"' }, { ownIdentityNamespaces: ['web'] }],
    [[], {}, { leaseName: 'ack-secret-manager' }],
    [['--lease-name', 'team-a.secrets'], {}, { leaseName: 'team-a.secrets' }],
    [['--metadata-endpoint', 'http://127.0.0.1:8080'], {}, { metadataEndpoint: '127.0.0.1:8080' }],
    [['--uid', '123', '--cluster-id', 'c1'], {}, { oidcProviderArn: 'acs:ram::123:oidc-provider/ack-rrsa-c1' }],
  ])('%j with %j', (argv, env, expected) => {
    expect(configOf(argv, env)).toMatchObject(expected)
  })

  it.each(Object.keys(FLAGS))('treats an empty variable of --%s as not set', (name) => {
    expect(parsed([], { [variableOf(name)]: '' })).toEqual(parsed([], {}))
    expect(configOf([], { [variableOf(name)]: '' })).toEqual(configOf([]))
  })

  it.each(Object.entries<Flag>(FLAGS))(
    'treats --%s= as not set, regardless of the environment',
    (name, { kind, choices }) => {
      const env = { [variableOf(name)]: choices?.[0] ?? (kind === 'address' ? ':9' : '1') }
      expect(parsed([`--${name}=`], env)).toEqual(parsed([], {}))
    },
  )

  it.each([
    [['--polling-interval', 'soon'], /--polling-interval soon: expected a duration/],
    [['--polling-interval', '10ms'], /--polling-interval 10ms/],
    [['--kms-qps', '-1'], /--kms-qps/],
    [['--lease-name', 'Team_A'], /--lease-name Team_A: expected an object name/],
    [['--lease-name', 'a..b'], /--lease-name a\.\.b: expected an object name/],
    [['--lease-name', 'a'.repeat(254)], /--lease-name .*: expected an object name/],
    [['--concurrency', '0'], /--concurrency 0: expected a whole number from 1/],
    [['--kms-batch-cost', '21'], /--kms-batch-cost 21: expected a whole number from 1 to 20/],
    [['--kms-batch-cost', '0'], /--kms-batch-cost 0: expected a whole number from 1 to 20/],
    [['--shards', '17'], /--shards 17: expected a whole number from 1 to 16/],
    [['--backend', 'vault'], /--backend vault: expected alicloud-kms/],
    [['--log-level', 'loud'], /--log-level loud: expected debug or info/],
    [['--metrics-bind-address', '8080'], /--metrics-bind-address 8080: expected HOST:PORT/],
    [['--disable-polling=maybe'], /--disable-polling maybe: expected true or false/],
    [['--disable-polling=constructor'], /--disable-polling constructor: expected true or false/],
    [['--leader-elect=__proto__'], /--leader-elect __proto__: expected true or false/],
    [
      ['--kms-endpoint', 'https://kms.cn-hangzhou.aliyuncs.com/'],
      /--kms-endpoint https:\/\/kms.*: expected HOST or HOST:PORT/,
    ],
    [['--region', 'X Y'], /--region …: expected a region/],
    [['--polling-interval', '12x'], /--polling-interval 12x: expected a duration/],
    [['--allow-endpoint', 'a**b'], /--allow-endpoint a\*\*b: expected/],
    [['--watch-namespaces', 'Foo/bar'], /--watch-namespaces Foo\/bar: expected at most 64 names of namespaces/],
    [['--metrics-per-resource', 'some'], /--metrics-per-resource some: expected true or false/],
    [['--no-such-flag'], /unknown option '--no-such-flag'/],
    [['-kms-qsp=1'], /unknown option '--kms-qsp' \(Did you mean --kms-qps\?\)/],
    [['stray'], /too many arguments/],
    [['--uid', '123'], /--uid 123: set --cluster-id as well/],
    [['--cluster-id', 'c1'], /--cluster-id c1: set --uid as well/],
    [['--uid', '12-3', '--cluster-id', 'c1'], /--uid ….*: expected an account id/],
    [['--uid', '123', '--cluster-id', 'c/1'], /--cluster-id c\/1: expected an ACK cluster id/],
    [['--backend-package', '../x'], /--backend-package \.\.\/x: expected npm package names/],
    [['--backend-package', 'file:x.js'], /--backend-package file:x\.js: expected npm package names/],
    [['--plugin-dir', 'relative'], /--plugin-dir relative: expected absolute paths/],
    [['--allow-token-path', 'relative'], /--allow-token-path relative: expected absolute paths/],
    [['--hint-http-url', 'https://a'], /--hint-http-url: set --hint-http-bind-address as well/],
    [['--hint-http-bind-address', ':8082'], /--hint-http-bind-address: set --hint-http-url, .* as well/],
    [[...HTTP_TARGET, '--hint-http-url=http://a'], /--hint-http-url: expected an HTTPS URL/],
    [[...HTTP_TARGET, '--hint-http-account=me'], /--hint-http-account .*: expected an account id/],
    [[...HTTP_TARGET, '--shards=2'], /--hint-http-bind-address: not with --shards/],
    [['--own-identity', 'mine'], /--own-identity mine: expected access-key or rrsa or worker-role or none/],
    [['--own-identity', 'worker-role'], /--own-identity worker-role: requires --enable-worker-role/],
    [['--own-identity-namespaces', 'A/b'], /--own-identity-namespaces A\/b: expected at most 256 names of namespaces/],
    [['--watch-namespaces', 'a,b', '--exclude-namespaces', 'b'], /--exclude-namespaces b: the namespace is also in/],
  ])('refuses %j in one line', (argv, message) => {
    expect(() => configOf(argv)).toThrow(message)
    expect(() => configOf(argv)).toThrow(/^[^\n]*$/)
  })

  it.each([
    [['--access-key-secret=canary-8d1f-in-an-unknown-flag'], {}],
    [['--access-key-secret', 'canary-8d1f-behind-an-unknown-flag'], {}],
    [['--access-key-secret:canary-8d1f'], {}],
    [["--we'ird=canary-8d1f"], {}],
    [['-pcanary8d1f'], {}],
    [['canary'], {}],
    [['--kms-qps=canary-8d1f-for-a-number'], {}],
    [['--log-level=canary8d1f'], {}],
    [[], { ACKSM_POLLING_INTERVAL: 'canary8d1f' }],
    [['--log-level=canary-8d1f-for-a-choice'], {}],
    [['--metrics-per-resource=canary-8d1f-for-a-boolean'], {}],
    [['--uid=canary-8d1f-for-an-account', '--cluster-id=c1'], {}],
    [[], { ACKSM_REGION: 'canary-8d1f in the wrong variable' }],
  ])('does not quote a value that may be a secret: %j with %j', (argv, env) => {
    expect(() => configOf(argv, env)).toThrow(/^((?!canary).)*$/)
  })

  it('warns of flags that have no effect', () => {
    expect(configOf(['--token-rotation-period', '60s']).warnings).toEqual([
      '--token-rotation-period has no effect: credentials are refreshed before they expire',
    ])
  })

  it.each(Object.keys(FLAGS))('takes an empty --%s for one that is not set, also repeated', (name) => {
    for (const argv of [[`--${name}=`], [`--${name}=`, `--${name}=`], [`--${name}`, '', `--${name}`, '']])
      expect(parsed(argv, {})).toEqual(parsed([], {}))
  })

  it('shows every flag and an example in its help', () => {
    let help = ''
    expect(parseFlags(['--help'], {}, { stdout: { write: (text) => (help += String(text)) } })).toBeUndefined()
    expect(help).toMatch(/--polling-interval[\s\S]*Examples:/)
  })
})
