import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { parseClusterSecretStore, parseSecretStore } from './secret-store.ts'

const apiVersion = 'alibabacloud.com/v1alpha1'

function read(spec: string) {
  return parseSecretStore({ apiVersion, kind: 'SecretStore', metadata: { name: 'kms' }, spec: parse(spec) as unknown })
}

function readCluster(spec: string, metadata: object = { name: 'kms' }) {
  return parseClusterSecretStore({ apiVersion, kind: 'ClusterSecretStore', metadata, spec: parse(spec) as unknown })
}

const accessKey = { name: 'alibaba-credentials', namespace: 'kube-system', key: 'ak' }
const accessKeySecret = { name: 'alibaba-credentials', namespace: 'kube-system', key: 'sk' }
const AK = 'accessKey: {name: c, key: ak}, accessKeySecret: {name: c, key: sk}'
const ROLE = 'ramRoleARN: "acs:ram::1:role/a"'
const OIDC = 'oidcProviderARN: "acs:ram::1:oidc-provider/ack"'
const KEY = 'clientKeyContent: {name: k, key: file}, password: {name: k, key: password}'

describe('a valid store', () => {
  it.each<[string, string, object]>([
    ['the operator identity', 'KMS: {}', { KMS: {} }],
    ['empty auth', 'KMS: {KMSAuth: {}}', { KMS: {} }],
    [
      'an access key',
      `KMS: {KMSAuth: ${JSON.stringify({ accessKey, accessKeySecret })}}`,
      { KMS: { KMSAuth: { accessKey, accessKeySecret } } },
    ],
    [
      'an access key of the same namespace',
      'KMS: {KMSAuth: {accessKey: {name: c, key: ak, namespace: ""}, accessKeySecret: {name: c, key: sk}}}',
      { KMS: { KMSAuth: { accessKey: { name: 'c', key: 'ak' }, accessKeySecret: { name: 'c', key: 'sk' } } } },
    ],
    ['a region', 'KMS: {region: ap-southeast-1}', { KMS: { region: 'ap-southeast-1' } }],
    [
      'an endpoint',
      'KMS: {endpoint: kms.cn-hangzhou.aliyuncs.com}',
      { KMS: { endpoint: 'kms.cn-hangzhou.aliyuncs.com' } },
    ],
    ['a local endpoint', 'KMS: {endpoint: "localhost:4443"}', { KMS: { endpoint: 'localhost:4443' } }],
    [
      'empty fields',
      'KMS: {region: "", endpoint: null, dedicatedKMSAuth: null, KMSAuth: {ramRoleARN: "", remoteRamRoleARN: "", roleSessionExpiration: ""}}\nallow: []\nconditions: []\nOOS: null',
      { KMS: {} },
    ],
    ['the worker role', 'KMS: {KMSAuth: {workerRole: {}}}', { KMS: { KMSAuth: { workerRole: {} } } }],
    [
      'a role on top of the worker role',
      `KMS: {KMSAuth: {workerRole: {}, ${ROLE}}}`,
      { KMS: { KMSAuth: { workerRole: {}, ramRoleARN: 'acs:ram::1:role/a' } } },
    ],
    [
      'a role on top of an access key',
      `KMS: {KMSAuth: {${AK}, ${ROLE}, ramRoleSessionName: me, roleSessionExpiration: "43200"}}`,
      { KMS: { KMSAuth: { ramRoleSessionName: 'me', roleSessionExpiration: '43200' } } },
    ],
    ['RRSA of the cluster’s own provider', `KMS: {KMSAuth: {${ROLE}}}`, { KMS: { KMSAuth: {} } }],
    [
      'RRSA with a token file',
      `KMS: {KMSAuth: {${ROLE}, ${OIDC}, oidcTokenFilePath: /var/run/secrets/tokens/ack-secret-manager}}`,
      { KMS: { KMSAuth: { oidcTokenFilePath: '/var/run/secrets/tokens/ack-secret-manager' } } },
    ],
    [
      'RRSA as a workload',
      'KMS: {KMSAuth: {serviceAccountRef: {name: web}}}',
      { KMS: { KMSAuth: { serviceAccountRef: { name: 'web', audiences: [] } } } },
    ],
    [
      'RRSA as a workload, with all fields',
      `KMS: {KMSAuth: {serviceAccountRef: {name: web, audiences: [sts.aliyuncs.com]}, ${ROLE}, ${OIDC}}}`,
      { KMS: { KMSAuth: { serviceAccountRef: { audiences: ['sts.aliyuncs.com'] } } } },
    ],
    [
      'a role of another account in the other spelling',
      'KMS: {KMSAuth: {remoteRamRoleArn: "acs:ram::2:role/b", remoteRamRoleSessionName: me}}',
      { KMS: { KMSAuth: { remoteRamRoleARN: 'acs:ram::2:role/b', remoteRamRoleSessionName: 'me' } } },
    ],
    [
      'a client key',
      `KMS: {dedicatedKMSAuth: {protocol: https, endpoint: kst-a, ${KEY}}}`,
      {
        KMS: {
          dedicatedKMSAuth: { endpoint: 'kst-a', ignoreSSL: false, clientKeyContent: { name: 'k', key: 'file' } },
        },
      },
    ],
    [
      'a RAM identity at an instance',
      `KMS: {KMSAuth: {${AK}}, dedicatedKMSAuth: {protocol: https, endpoint: kst-a, ca: "QUJD\\n", ignoreSSL: true}}`,
      { KMS: { KMSAuth: {}, dedicatedKMSAuth: { ignoreSSL: true } } },
    ],
    [
      'the operator identity at an instance',
      'KMS: {KMSAuth: {}, dedicatedKMSAuth: {protocol: https, endpoint: kst-a}}',
      { KMS: { dedicatedKMSAuth: { endpoint: 'kst-a' } } },
    ],
    ['parameters of OOS', 'OOS: {}', { OOS: {} }],
    [
      'parameters of OOS with another identity',
      `OOS: {OOSAuth: {${AK}}, region: cn-beijing, endpoint: oos.cn-beijing.aliyuncs.com}`,
      { OOS: { OOSAuth: { accessKey: { name: 'c' } }, region: 'cn-beijing', endpoint: 'oos.cn-beijing.aliyuncs.com' } },
    ],
    [
      'a plugin',
      'plugin: {package: "@example/vault", config: {url: "https://vault", nested: {a: [1, null, ""]}}}',
      { plugin: { package: '@example/vault', config: { url: 'https://vault', nested: { a: [1, null, ''] } } } },
    ],
    ['a plugin without a config', 'plugin: {package: vault}', { plugin: { package: 'vault', config: {} } }],
    [
      'allow',
      'KMS: {}\nallow: [{namespaces: [shop], secrets: ["app/*"]}, {secrets: ["shared/**"]}]',
      {
        allow: [
          { namespaces: ['shop'], secrets: ['app/*'], endpoints: [] },
          { namespaces: [], secrets: ['shared/**'], endpoints: [] },
        ],
      },
    ],
    [
      'limits of reads',
      'KMS: {}\nmaxSecretsPerNamespace: 50\nmaxReadsPerSecond: 20',
      { maxSecretsPerNamespace: 50, maxReadsPerSecond: 20 },
    ],
    ['no limits', 'KMS: {}\nmaxSecretsPerNamespace: null\nmaxReadsPerSecond: null', { KMS: {} }],
    [
      'endpoints of allow',
      'KMS: {}\nallow: [{secrets: [a], endpoints: [kms.*.aliyuncs.com, "kms.example.com:8443", 10.0.0.7]}]',
      {
        allow: [
          { namespaces: [], secrets: ['a'], endpoints: ['kms.*.aliyuncs.com', 'kms.example.com:8443', '10.0.0.7'] },
        ],
      },
    ],
    [
      'conditions',
      'KMS: {}\nconditions: [{namespaces: [a], namespaceRegexes: ["team-.*"]}, {namespaceSelector: {}}, {namespaceSelector: {matchLabels: {a: "", b/c: d}, matchExpressions: [{key: e, operator: In, values: [f]}, {key: g, operator: Exists}]}}]',
      {
        conditions: [
          { namespaces: ['a'], namespaceRegexes: ['team-.*'] },
          { namespaceSelector: { matchLabels: {}, matchExpressions: [] } },
          {
            namespaceSelector: {
              matchLabels: { a: '', 'b/c': 'd' },
              matchExpressions: [
                { key: 'e', operator: 'In', values: ['f'] },
                { key: 'g', operator: 'Exists', values: [] },
              ],
            },
          },
        ],
      },
    ],
  ])('%s', (_what, spec, expected) => expect(read(spec)).toMatchObject({ ok: true, resource: { spec: expected } }))

  it('has no fields that were not set', () => {
    const result = read('KMS: {KMSAuth: {}, region: ""}\nallow: []\nconditions: []')
    expect(result.ok && result.resource.spec).toStrictEqual({ KMS: {} })
  })

  it('parses to itself', () => {
    const once = read(
      `KMS: {KMSAuth: {${AK}, ${ROLE}, remoteRamRoleArn: "acs:ram::2:role/b"}}\nallow: [{secrets: [a]}]`,
    )
    const twice = read(JSON.stringify(once.ok && once.resource.spec))
    expect(twice).toEqual(once)
  })

  it('cannot be changed', () => {
    const result = read(`KMS: {KMSAuth: ${JSON.stringify({ accessKey, accessKeySecret })}}`)
    const spec = result.ok ? result.resource.spec : undefined
    expect([spec, spec?.KMS, spec?.KMS?.KMSAuth, spec?.KMS?.KMSAuth?.accessKey].every(Object.isFrozen)).toBe(true)
  })
})

describe('an invalid store', () => {
  it.each<[string, string, string]>([
    ['nothing', '{}', 'spec.KMS: required, but missing; `KMS: {}` is enough'],
    ['no spec', 'null', 'spec: required, but missing'],
    ['an empty KMS', 'KMS:', 'spec.KMS: required, but missing; `KMS: {}` is enough'],
    ['KMS in lower case', 'kms: {}', 'spec.kms: unknown field; did you mean "KMS"?'],
    ['KMS that is text', 'KMS: cn-hangzhou', 'spec.KMS: expected an object, got a text'],
    ...['accessKey', 'accessKeySecret'].flatMap((name): [string, string, string][] => [
      [
        `a text for ${name}`,
        `KMS: {KMSAuth: {${name}: canary-Zx81}}`,
        `spec.KMS.KMSAuth.${name}: expected an object, got a text`,
      ],
      [
        `a number for ${name}`,
        `KMS: {KMSAuth: {${name}: 8181818181}}`,
        `spec.KMS.KMSAuth.${name}: expected an object, got a number`,
      ],
      [
        `a list for ${name}`,
        `KMS: {KMSAuth: {${name}: [canary-Zx81]}}`,
        `spec.KMS.KMSAuth.${name}: expected an object, got a list`,
      ],
      [
        `a secret where ${name} names a Secret`,
        `KMS: {KMSAuth: {${name}: {name: canary-Zx81, key: id}}}`,
        `spec.KMS.KMSAuth.${name}.name: expected a name of lower-case letters, digits, "-" and ".", got a text`,
      ],
      [
        `a number where ${name} names a key`,
        `KMS: {KMSAuth: {${name}: {name: a, key: 8181818181}}}`,
        `spec.KMS.KMSAuth.${name}.key: expected a text, got a number; put it in quotes`,
      ],
    ]),
    ...['clientKeyContent', 'password'].map((name): [string, string, string] => [
      `a text for ${name}`,
      `KMS: {dedicatedKMSAuth: {protocol: https, endpoint: kst-a, ${name}: canary-Zx81}}`,
      `spec.KMS.dedicatedKMSAuth.${name}: expected an object, got a text`,
    ]),
    [
      'a regular expression that does not compile',
      'KMS: {}\nconditions: [{namespaces: [a]}, {namespaceRegexes: ["ok.*", "team-("]}]',
      'spec.conditions[1].namespaceRegexes[1]: expected a regular expression (RE2), got "team-("',
    ],
    ...[
      ['too many long regular expressions', `[${Array.from({ length: 17 }, () => 'a'.repeat(256)).join(', ')}]`],
      ['one that repeats too much', '["(?:a?b?){1000}"]'],
      ['one with large classes', "['(?i)[!-\\x{ffff}]+-.+']"],
    ].map(([what = '', regexes = '']): [string, string, string] => [
      what,
      `KMS: {}\nconditions: [{namespaces: [a]}, {namespaceRegexes: ${regexes}}]`,
      'spec.conditions: the regular expressions exceed 4096 characters in total, counting x{3} as xxx and multiplying by 16 or 256 for Unicode classes',
    ]),
    ['two services', 'KMS: {}\nOOS: {}', 'spec.OOS: cannot be combined with KMS: keep one of them'],
    [
      'two other services',
      'OOS: {}\nplugin: {package: a}',
      'spec.plugin: cannot be combined with OOS: keep one of them',
    ],
    [
      'an access key without its secret',
      'KMS: {KMSAuth: {accessKey: {name: c, key: ak}}}',
      'spec.KMS.KMSAuth.accessKeySecret: required together with accessKey, but missing',
    ],
    [
      'an access key secret without its id',
      'KMS: {KMSAuth: {accessKeySecret: {name: c, key: ak}}}',
      'spec.KMS.KMSAuth.accessKey: required together with accessKeySecret, but missing',
    ],
    [
      'half an access key and a role',
      `KMS: {KMSAuth: {accessKey: {name: c, key: ak}, ${ROLE}}}`,
      'spec.KMS.KMSAuth.accessKeySecret: required together with accessKey, but missing',
    ],
    [
      'a reference without a key',
      'KMS: {KMSAuth: {accessKey: {name: c}, accessKeySecret: {name: c, key: sk}}}',
      'spec.KMS.KMSAuth.accessKey.key: required, but missing',
    ],
    [
      'a reference with an invalid key',
      'KMS: {KMSAuth: {accessKey: {name: c, key: a/b}, accessKeySecret: {name: c, key: sk}}}',
      'spec.KMS.KMSAuth.accessKey.key: expected a key of a Secret: letters, digits, "-", "_" and ".", got a text',
    ],
    [
      'a credential instead of a reference',
      'KMS: {KMSAuth: {accessKeyID: x}}',
      'spec.KMS.KMSAuth.accessKeyID: unknown field; did you mean "accessKey"?',
    ],
    [
      'an access key and the worker role',
      `KMS: {KMSAuth: {${AK}, workerRole: {}}}`,
      'spec.KMS.KMSAuth.workerRole: names another identity than accessKey: keep one of them',
    ],
    [
      'an access key and RRSA',
      `KMS: {KMSAuth: {${AK}, ${ROLE}, ${OIDC}}}`,
      'spec.KMS.KMSAuth.oidcProviderARN: names another identity than accessKey: keep one of them',
    ],
    [
      'an access key and a token file',
      `KMS: {KMSAuth: {${AK}, ${ROLE}, oidcTokenFilePath: /var/run/secrets/t}}`,
      'spec.KMS.KMSAuth.oidcTokenFilePath: names another identity than accessKey: keep one of them',
    ],
    [
      'an access key and a ServiceAccount',
      `KMS: {KMSAuth: {${AK}, serviceAccountRef: {name: a}}}`,
      'spec.KMS.KMSAuth.serviceAccountRef: names another identity than accessKey: keep one of them',
    ],
    [
      'a ServiceAccount and the worker role',
      'KMS: {KMSAuth: {workerRole: {}, serviceAccountRef: {name: a}}}',
      'spec.KMS.KMSAuth.workerRole: names another identity than serviceAccountRef: keep one of them',
    ],
    [
      'a ServiceAccount and a token file',
      `KMS: {KMSAuth: {serviceAccountRef: {name: a}, ${ROLE}, ${OIDC}, oidcTokenFilePath: /var/run/secrets/t}}`,
      'spec.KMS.KMSAuth.oidcTokenFilePath: names another identity than serviceAccountRef: keep one of them',
    ],
    [
      'the worker role and RRSA',
      `KMS: {KMSAuth: {workerRole: {}, ${ROLE}, ${OIDC}}}`,
      'spec.KMS.KMSAuth.oidcProviderARN: names another identity than workerRole: keep one of them',
    ],
    [
      'an OIDC provider without a role',
      `KMS: {KMSAuth: {${OIDC}}}`,
      'spec.KMS.KMSAuth.ramRoleARN: required together with oidcProviderARN, but missing',
    ],
    [
      'a token file without a role',
      'KMS: {KMSAuth: {oidcTokenFilePath: /var/run/secrets/t}}',
      'spec.KMS.KMSAuth.ramRoleARN: required together with oidcTokenFilePath, but missing',
    ],
    [
      'a remote role in both spellings',
      'KMS: {KMSAuth: {remoteRamRoleArn: "acs:ram::2:role/b", remoteRamRoleARN: "acs:ram::2:role/b"}}',
      'spec.KMS.KMSAuth.remoteRamRoleArn: another spelling of remoteRamRoleARN: keep one of them',
    ],
    [
      'an external id for RRSA',
      `KMS: {KMSAuth: {${ROLE}, ramRoleExternalId: ours}}`,
      'spec.KMS.KMSAuth.ramRoleExternalId: belongs to a ramRoleARN that an accessKey or the workerRole assumes, but there is none',
    ],
    [
      'an external id without a role',
      `KMS: {KMSAuth: {${AK}, ramRoleExternalId: ours}}`,
      'spec.KMS.KMSAuth.ramRoleExternalId: belongs to a ramRoleARN that an accessKey or the workerRole assumes, but there is none',
    ],
    [
      'a remote external id without a remote role',
      `KMS: {KMSAuth: {${AK}, remoteRamRoleExternalId: ours}}`,
      'spec.KMS.KMSAuth.remoteRamRoleExternalId: belongs to a remoteRamRoleARN, but there is none',
    ],
    [
      'an external id with a blank',
      `KMS: {KMSAuth: {${AK}, ${ROLE}, ramRoleExternalId: "a b"}}`,
      'spec.KMS.KMSAuth.ramRoleExternalId: expected 2 to 1224 letters, digits and "+=,.@:/_-", got "a b"',
    ],
    [
      'an invalid role',
      'KMS: {KMSAuth: {ramRoleARN: "acs:ram::1:user/a"}}',
      'spec.KMS.KMSAuth.ramRoleARN: expected the ARN of a RAM role such as acs:ram::1234567890123456:role/name, got "acs:ram::1:user/a"',
    ],
    [
      'an invalid provider',
      `KMS: {KMSAuth: {${ROLE}, oidcProviderARN: ack}}`,
      'spec.KMS.KMSAuth.oidcProviderARN: expected the ARN of an OIDC provider such as acs:ram::1234567890123456:oidc-provider/ack-rrsa-c123, got "ack"',
    ],
    [
      'an invalid session name',
      `KMS: {KMSAuth: {${ROLE}, ramRoleSessionName: "a b"}}`,
      'spec.KMS.KMSAuth.ramRoleSessionName: expected 2 to 64 letters, digits, "-", ".", "@" and "_", got "a b"',
    ],
    [
      'a session that is too short',
      `KMS: {KMSAuth: {${ROLE}, roleSessionExpiration: "899"}}`,
      'spec.KMS.KMSAuth.roleSessionExpiration: expected 900 to 43200 seconds',
    ],
    [
      'a session that is too long',
      `KMS: {KMSAuth: {${ROLE}, roleSessionExpiration: "43201"}}`,
      'spec.KMS.KMSAuth.roleSessionExpiration: expected 900 to 43200 seconds',
    ],
    [
      'a session that is a number',
      `KMS: {KMSAuth: {${ROLE}, roleSessionExpiration: 3600}}`,
      'spec.KMS.KMSAuth.roleSessionExpiration: expected a text, got 3600; put it in quotes',
    ],
    [
      'a session that is a duration',
      `KMS: {KMSAuth: {${ROLE}, roleSessionExpiration: 1h}}`,
      'spec.KMS.KMSAuth.roleSessionExpiration: expected a number of seconds, got "1h"',
    ],
    [
      'a token file that is not a path',
      `KMS: {KMSAuth: {${ROLE}, oidcTokenFilePath: token}}`,
      'spec.KMS.KMSAuth.oidcTokenFilePath: expected an absolute path of a file, got "token"',
    ],
    [
      'a worker role with an unknown field',
      'KMS: {KMSAuth: {workerRole: {name: a}}}',
      'spec.KMS.KMSAuth.workerRole.name: unknown field',
    ],
    [
      'a client key without its password',
      'KMS: {dedicatedKMSAuth: {protocol: https, endpoint: kst-a, clientKeyContent: {name: k, key: f}}}',
      'spec.KMS.dedicatedKMSAuth.password: required together with clientKeyContent, but missing',
    ],
    [
      'an instance without an identity',
      'KMS: {dedicatedKMSAuth: {protocol: https, endpoint: kst-a}}',
      'spec.KMS.dedicatedKMSAuth.clientKeyContent: required, but missing; or set KMSAuth to use a RAM identity',
    ],
    [
      'a client key and a RAM identity',
      `KMS: {KMSAuth: {${AK}}, dedicatedKMSAuth: {protocol: https, endpoint: kst-a, ${KEY}}}`,
      'spec.KMS.KMSAuth: names another identity than dedicatedKMSAuth: keep one of them',
    ],
    [
      'two endpoints',
      `KMS: {endpoint: a, dedicatedKMSAuth: {protocol: https, endpoint: kst-a, ${KEY}}}`,
      'spec.KMS.endpoint: names another endpoint than dedicatedKMSAuth: keep one of them',
    ],
    [
      'an instance without TLS',
      `KMS: {dedicatedKMSAuth: {protocol: http, endpoint: kst-a, ${KEY}}}`,
      'spec.KMS.dedicatedKMSAuth.protocol: expected https, got "http"; did you mean "https"?',
    ],
    [
      'an instance without an endpoint',
      `KMS: {dedicatedKMSAuth: {protocol: https, ${KEY}}}`,
      'spec.KMS.dedicatedKMSAuth.endpoint: required, but missing',
    ],
    [
      'a CA that is PEM',
      `KMS: {dedicatedKMSAuth: {protocol: https, endpoint: kst-a, ca: "-----BEGIN", ${KEY}}}`,
      'spec.KMS.dedicatedKMSAuth.ca: expected PEM certificates in base64, got "-----BEGIN"',
    ],
    [
      'an OOS store with KMSAuth',
      `OOS: {KMSAuth: {${AK}}}`,
      'spec.OOS.KMSAuth: unknown field; did you mean "OOSAuth"?',
    ],
    [
      'an OOS store of two identities',
      `OOS: {OOSAuth: {${AK}, workerRole: {}}}`,
      'spec.OOS.OOSAuth.workerRole: names another identity than accessKey: keep one of them',
    ],
    [
      'a plugin that is a path',
      'plugin: {package: ../evil}',
      'spec.plugin.package: expected the name of an npm package, got "../evil"',
    ],
    [
      'a config that is a list',
      'plugin: {package: a, config: []}',
      'spec.plugin.config: expected an object, got a list',
    ],
    [
      'a config with __proto__, which zod would drop',
      'plugin: {package: a, config: {__proto__: 1}}',
      'spec.plugin.config."__proto__": __proto__ cannot be a name here; use another name',
    ],
    [
      'an endpoint with a scheme',
      'KMS: {endpoint: "http://100.100.100.200"}',
      'spec.KMS.endpoint: expected a host or host:port without a scheme, such as kms.cn-hangzhou.aliyuncs.com, got "http://100.100.100.200"',
    ],
    [
      'an invalid region',
      'KMS: {region: "cn_hangzhou"}',
      'spec.KMS.region: expected a region such as cn-hangzhou, got "cn_hangzhou"',
    ],
    ...(
      [
        ['maxSecretsPerNamespace', '0', 'expected at least 1, got 0'],
        ['maxSecretsPerNamespace', '100001', 'expected at most 100000, got 100001'],
        ['maxSecretsPerNamespace', '"50"', 'expected a number, got "50"'],
        ['maxReadsPerSecond', '-1', 'expected at least 1, got -1'],
        ['maxReadsPerSecond', '1e9', 'expected at most 10000, got 1000000000'],
        ['maxReadsPerSecond', '0.5', 'expected a whole number, got 0.5'],
      ] as const
    ).map(([field, value, message]): [string, string, string] => [
      `${field} of ${value}`,
      `KMS: {}\n${field}: ${value}`,
      `spec.${field}: ${message}`,
    ]),
    ['an empty allow entry', 'KMS: {}\nallow: [{namespaces: [a]}]', 'spec.allow[0].secrets: required, but missing'],
    [
      'an allow entry with an empty list',
      'KMS: {}\nallow: [{secrets: []}]',
      'spec.allow[0].secrets: expected at least 1 entry, got 0',
    ],
    ...['https://kms.example.com', 'a.**', '*-*.example', 'KMS.example', 'kms.example:*', 'a..b', 'u@kms.example'].map(
      (endpoint): [string, string, string] => [
        `an allow entry of the endpoint ${endpoint}`,
        `KMS: {}\nallow: [{secrets: [a], endpoints: [${JSON.stringify(endpoint)}]}]`,
        `spec.allow[0].endpoints[0]: expected a host or host:port with at most one * in a label, such as kms.*.aliyuncs.com, got ${JSON.stringify(endpoint)}`,
      ],
    ),
    [
      'an allow entry with a namespace pattern',
      'KMS: {}\nallow: [{namespaces: ["team-*"], secrets: [a]}]',
      'spec.allow[0].namespaces[0]: expected a namespace: lower-case letters, digits and "-", got "team-*"',
    ],
    [
      'an invalid selector',
      'KMS: {}\nconditions: [{namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}]',
      'spec.conditions[0].namespaceSelector.matchExpressions[0].values: required with In, but missing',
    ],
    [
      'a selector without an operator',
      'KMS: {}\nconditions: [{namespaceSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}]',
      'spec.conditions[0].namespaceSelector.matchExpressions[0].values: Exists takes no values',
    ],
    [
      'a selector with an invalid label',
      'KMS: {}\nconditions: [{namespaceSelector: {matchLabels: {"a b": c}}}]',
      'spec.conditions[0].namespaceSelector.matchLabels.a b: expected the key of a label',
    ],
  ])('%s', (_what, spec, message) => {
    const result = read(spec)
    const [first] = result.ok ? ['(accepted)'] : [result.error.message.replace(/ \(and \d+ more\)$/, '')]
    expect(first).toBe(message)
    expect(result.ok || result.error.facts.field).toBe(message.slice(0, message.indexOf(': ')))
  })
})

describe('a ClusterSecretStore', () => {
  it('has no namespace, whatever its manifest says', () => {
    const result = readCluster('KMS: {}', { name: 'kms', namespace: '../x' })
    expect(result).toMatchObject({ ok: true, resource: { metadata: { name: 'kms', namespace: '' } } })
  })

  it('names the namespaces of its credentials', () => {
    const spec = `KMS: {KMSAuth: ${JSON.stringify({ accessKey, accessKeySecret })}}`
    expect(readCluster(spec)).toMatchObject({ ok: true, resource: { spec: { KMS: { KMSAuth: { accessKey } } } } })
  })

  it.each<[string, string, string]>([
    ['an access key', `KMS: {KMSAuth: {${AK}}}`, 'spec.KMS.KMSAuth.accessKey.namespace'],
    [
      'an empty namespace',
      'KMS: {KMSAuth: {serviceAccountRef: {name: a, namespace: ""}}}',
      'spec.KMS.KMSAuth.serviceAccountRef.namespace',
    ],
    [
      'a client key',
      `KMS: {dedicatedKMSAuth: {protocol: https, endpoint: a, ${KEY}}}`,
      'spec.KMS.dedicatedKMSAuth.clientKeyContent.namespace',
    ],
    ['an access key of OOS', `OOS: {OOSAuth: {${AK}}}`, 'spec.OOS.OOSAuth.accessKey.namespace'],
  ])('is refused without a namespace: %s', (_what, spec, field) => {
    const result = readCluster(spec)
    expect(result.ok || result.problems[0]).toEqual({
      field,
      message: 'required in a ClusterSecretStore, but missing',
    })
  })

  it('is not a SecretStore', () => {
    const object = { apiVersion, metadata: { name: 'a' }, spec: { KMS: {} } }
    expect(parseSecretStore({ ...object, kind: 'ClusterSecretStore' }).ok).toBe(false)
    expect(parseClusterSecretStore({ ...object, kind: 'SecretStore' }).ok).toBe(false)
  })
})
