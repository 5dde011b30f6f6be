import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { parseExternalSecret } from './external-secret.ts'
import { LIMITS } from '../schema/limits.ts'

/** A manifest with this spec; the text is YAML. */
function manifest(spec: string): unknown {
  const head = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', metadata: { name: 'web' } }
  return { ...head, spec: parse(spec) as unknown }
}

function specOf(spec: string) {
  const result = parseExternalSecret(manifest(spec))
  if (!result.ok) throw result.error
  return result.resource.spec
}

const NO_CONTROLS = 'expected one line without control characters'
const entry = { jmesPath: [], optional: false }

describe('a valid manifest', () => {
  it.each<[string, string, object]>([
    [
      'one key',
      'data: [{key: test, name: password, versionStage: ACSCurrent}]',
      { data: [{ ...entry, key: 'test', name: 'password', versionStage: 'ACSCurrent' }] },
    ],
    ['the key as its own name', 'data: [{key: test}]', { data: [{ ...entry, key: 'test' }] }],
    ['a key with a path and a name', 'data: [{key: app/db, name: db}]', { data: [{ key: 'app/db', name: 'db' }] }],
    [
      'an ARN',
      'data: [{key: "acs:kms:cn-hangzhou:1234567890123456:secret/app", name: app}]',
      { data: [{ name: 'app' }] },
    ],
    ['the previous stage', 'data: [{key: a, versionStage: ACSPrevious}]', { data: [{ versionStage: 'ACSPrevious' }] }],
    ['a pinned version', 'data: [{key: a, versionId: v1}]', { data: [{ versionId: 'v1' }] }],
    [
      'a pinned version and a stage',
      'data: [{key: a, versionId: v1, versionStage: ACSCurrent}]',
      { data: [{ versionId: 'v1', versionStage: 'ACSCurrent' }] },
    ],
    [
      'many keys',
      'data: [{key: a}, {key: b}, {key: c, name: d}]',
      { data: [{ key: 'a' }, { key: 'b' }, { key: 'c' }] },
    ],
    [
      'one secret twice under two names',
      'data: [{key: a}, {key: a, name: b, versionStage: ACSPrevious}]',
      { data: [{ key: 'a' }, { name: 'b' }] },
    ],
    [
      'paths with aliases',
      'data: [{key: app/db, name: db, jmesPath: [{path: user.name, objectAlias: user}, {path: "hosts[0]", objectAlias: host}]}]',
      {
        data: [
          {
            jmesPath: [
              { path: 'user.name', objectAlias: 'user' },
              { path: 'hosts[0]', objectAlias: 'host' },
            ],
          },
        ],
      },
    ],
    [
      'a path without an alias',
      'data: [{key: app/db, jmesPath: [{path: user.name}]}]',
      { data: [{ jmesPath: [{ path: 'user.name' }] }] },
    ],
    [
      'a name that is ignored because of jmesPath',
      'data: [{key: a, name: app/x, jmesPath: [{path: b}]}]',
      { data: [{ name: 'app/x' }] },
    ],
    [
      'a store',
      'data: [{key: a, secretStoreRef: {name: store, namespace: default}}]',
      { data: [{ secretStoreRef: { name: 'store', namespace: 'default', kind: 'SecretStore' } }] },
    ],
    [
      'a store of the same namespace',
      'data: [{key: a, secretStoreRef: {name: store, namespace: ""}}]',
      { data: [{ secretStoreRef: { name: 'store', kind: 'SecretStore' } }] },
    ],
    [
      'a ClusterSecretStore',
      'data: [{key: a, secretStoreRef: {name: store, kind: ClusterSecretStore}}]',
      { data: [{ secretStoreRef: { name: 'store', kind: 'ClusterSecretStore' } }] },
    ],
    ['parameters of OOS', 'provider: oos\ndata: [{key: a}]', { provider: 'oos' }],
    ['a plugin', 'provider: plugin\ndata: [{key: a, secretStoreRef: {name: s}}]', { provider: 'plugin' }],
    [
      'an endpoint',
      'data: [{key: a, kmsEndpoint: kms.cn-beijing.aliyuncs.com}]',
      { data: [{ kmsEndpoint: 'kms.cn-beijing.aliyuncs.com' }] },
    ],
    [
      'a local endpoint',
      'data: [{key: a, kmsEndpoint: "127.0.0.1:8443"}]',
      { data: [{ kmsEndpoint: '127.0.0.1:8443' }] },
    ],
    ['an optional key', 'data: [{key: a, optional: true}]', { data: [{ optional: true }] }],
    [
      'an extract',
      'dataProcess: [{extract: {key: app/config}}]',
      { data: [], dataProcess: [{ extract: { ...entry, key: 'app/config' }, replaceRule: [] }] },
    ],
    [
      'an extract with a name',
      'dataProcess: [{extract: {key: app/config, name: whatever/this}}]',
      { dataProcess: [{ extract: { name: 'whatever/this' } }] },
    ],
    [
      'an extract with paths',
      'dataProcess: [{extract: {key: c, jmesPath: [{path: a.b, objectAlias: ab}]}}]',
      { dataProcess: [{ extract: { jmesPath: [{ objectAlias: 'ab' }] } }] },
    ],
    [
      'rules that make an alias valid',
      'dataProcess: [{extract: {key: c, jmesPath: [{path: "a[0]"}]}, replaceRule: [{source: "\\\\[0\\\\]", target: ""}]}]',
      { dataProcess: [{ replaceRule: [{ source: '\\[0\\]', target: '' }] }] },
    ],
    [
      'rules in order',
      'dataProcess: [{extract: {key: c}, replaceRule: [{source: "^db_", target: DB_}, {source: x}]}]',
      {
        dataProcess: [
          {
            replaceRule: [
              { source: '^db_', target: 'DB_' },
              { source: 'x', target: '' },
            ],
          },
        ],
      },
    ],
    [
      'a find',
      'dataFrom: [{find: {path: app, tags: {team: web}}, rewrite: [{source: "^app/"}]}]',
      {
        data: [],
        dataFrom: [
          {
            find: { path: 'app', tags: { team: 'web' }, maxSecrets: 500 },
            rewrite: [{ source: '^app/', target: '' }],
          },
        ],
      },
    ],
    [
      'data and dataProcess together',
      'data: [{key: a}]\ndataProcess: [{extract: {key: c}}]',
      { data: [{ key: 'a' }], dataProcess: [{ extract: { key: 'c' } }] },
    ],
    [
      'a generated password',
      'generate: [{name: password, password: {}}]',
      { data: [], generate: [{ name: 'password', password: { length: 32, onSettingsChange: 'Keep' } }] },
    ],
    [
      'a token of two instances',
      'generate: [{name: .dockerconfigjson, containerRegistry: {secretStoreRef: {name: s}, instances: [{id: cri-a, registries: [a.cn]}, {id: cri-b, region: cn-beijing, registries: [b.cn]}]}}]',
      {
        generate: [
          {
            name: '.dockerconfigjson',
            containerRegistry: {
              secretStoreRef: { name: 's', kind: 'SecretStore' },
              instances: [
                { id: 'cri-a', registries: ['a.cn'] },
                { id: 'cri-b', region: 'cn-beijing', registries: ['b.cn'] },
              ],
            },
          },
        ],
      },
    ],
    [
      'a session of a role',
      'generate: [{name: session, stsToken: {secretStoreRef: {name: s}, roleArn: "acs:ram::1:role/r"}}]',
      { generate: [{ stsToken: { roleArn: 'acs:ram::1:role/r', durationSeconds: 3_600 } }] },
    ],
    [
      'a generated password with all fields',
      'generate: [{name: pin, password: {length: 8, classes: [Digits], alphabet: "0123456789", rotationInterval: 1h, onSettingsChange: Generate}}]',
      {
        generate: [
          {
            name: 'pin',
            password: {
              length: 8,
              classes: ['Digits'],
              alphabet: '0123456789',
              rotationInterval: '1h',
              onSettingsChange: 'Generate',
            },
          },
        ],
      },
    ],
    ['a type', 'type: kubernetes.io/tls\ndata: [{key: a}]', { type: 'kubernetes.io/tls' }],
    ['an interval', 'rotationInterval: 1h30m\ndata: [{key: a}]', { rotationInterval: '1h30m' }],
    ['the shortest interval', 'rotationInterval: 1s\ndata: [{key: a}]', { rotationInterval: '1s' }],
    ['the longest interval', 'rotationInterval: 8760h\ndata: [{key: a}]', { rotationInterval: '8760h' }],
    ['a suspended resource', 'suspend: true\ndata: [{key: a}]', { suspend: true }],
    [
      'a target',
      'target: {name: web.v2, creationPolicy: Merge, deletionPolicy: Retain}\ndata: [{key: a}]',
      { target: { name: 'web.v2', creationPolicy: 'Merge', deletionPolicy: 'Retain' } },
    ],
    ['a failure policy', 'onKeyFailure: Block\ndata: [{key: a}]', { onKeyFailure: 'Block' }],
    [
      'empty fields',
      'provider: ""\ntype: null\nrotationInterval: ""\ntarget: {name: "", immutable: false, template: null}\nrestart: []\ndata: [{key: a, name: "", versionId: "", versionStage: null, kmsEndpoint: "", jmesPath: null}]',
      {
        provider: 'kms',
        type: 'Opaque',
        data: [{ ...entry, key: 'a' }],
        target: { creationPolicy: 'Owner', deletionPolicy: 'Delete', immutable: false },
      },
    ],
    [
      'names of prototype properties',
      'data: [{key: __proto__}, {key: constructor}, {key: a, name: toString}]',
      { data: [{ key: '__proto__' }, { key: 'constructor' }, { name: 'toString' }] },
    ],
    [
      'dots in keys',
      'data: [{key: .dockerconfigjson}, {key: a..b}]',
      { data: [{ key: '.dockerconfigjson' }, { key: 'a..b' }] },
    ],
  ])('%s', (_what, spec, expected) => expect(specOf(spec)).toMatchObject(expected))

  it('has all defaults and nothing else', () => {
    expect(specOf('data: [{key: a}]')).toStrictEqual({
      provider: 'kms',
      type: 'Opaque',
      suspend: false,
      data: [{ key: 'a', jmesPath: [], optional: false }],
      dataProcess: [],
      dataFrom: [],
      generate: [],
      target: { creationPolicy: 'Owner', deletionPolicy: 'Delete', immutable: false },
      onKeyFailure: 'KeepPrevious',
      restart: [],
    })
  })

  it('drops empty fields', () => {
    expect(Object.keys(specOf('data: [{key: a, name: "", versionId: null}]').data[0] ?? {}).sort()).toStrictEqual([
      'jmesPath',
      'key',
      'optional',
    ])
  })

  it('cannot be changed', () => {
    const spec = specOf('data: [{key: a}]')
    expect([spec, spec.data, spec.data[0], spec.target].map(Object.isFrozen)).toStrictEqual([true, true, true, true])
  })
})

const NO_CONDITION = 'expected at least one of name, path and tags'
const ONE_NAME = 'expected exactly one of regexp and prefix'

describe('an invalid manifest', () => {
  const long = (characters: number) => 'a'.repeat(characters)
  it.each<[string, string, string]>([
    ['no entries', '{}', 'spec.data: expected at least one entry in data, dataProcess, dataFrom or generate'],
    [
      'empty lists',
      'data: []\ndataProcess: []',
      'spec.data: expected at least one entry in data, dataProcess, dataFrom or generate',
    ],
    ['a find without conditions', 'dataFrom: [{find: {}}]', `spec.dataFrom[0].find: ${NO_CONDITION}`],
    ['a find with empty tags', 'dataFrom: [{find: {tags: {}}}]', `spec.dataFrom[0].find: ${NO_CONDITION}`],
    ['an entry without a find', 'dataFrom: [{}]', 'spec.dataFrom[0].find: required, but missing'],
    ['a name without a condition', 'dataFrom: [{find: {name: {}}}]', `spec.dataFrom[0].find.name: ${ONE_NAME}`],
    [
      'a name with two conditions',
      'dataFrom: [{find: {name: {regexp: a, prefix: b}}}]',
      `spec.dataFrom[0].find.name: ${ONE_NAME}`,
    ],
    [
      'the regular expression as name',
      'dataFrom: [{find: {name: app}}]',
      'spec.dataFrom[0].find.name: expected an object, got a text',
    ],
    [
      'a regular expression that is too long',
      `dataFrom: [{find: {name: {regexp: ${long(257)}}}}]`,
      'spec.dataFrom[0].find.name.regexp: expected at most 256 characters, got 257',
    ],
    [
      'a number as tag',
      'dataFrom: [{find: {tags: {team: 1}}}]',
      'spec.dataFrom[0].find.tags.team: expected a text, got 1; put it in quotes',
    ],
    [
      'too many tags',
      `dataFrom: [{find: {tags: {${Array.from({ length: 21 }, (_none, at) => `t${at}: x`).join(', ')}}}}]`,
      'spec.dataFrom[0].find.tags: expected at most 20 entries',
    ],
    [
      'maxSecrets of 0',
      'dataFrom: [{find: {path: a, maxSecrets: 0}}]',
      'spec.dataFrom[0].find.maxSecrets: expected at least 1, got 0',
    ],
    [
      'maxSecrets above its limit',
      'dataFrom: [{find: {path: a, maxSecrets: 501}}]',
      'spec.dataFrom[0].find.maxSecrets: expected at most 500, got 501',
    ],
    [
      'a line break in a path of a find',
      'dataFrom: [{find: {path: "a\\nb"}}]',
      `spec.dataFrom[0].find.path: ${NO_CONTROLS}, got "a\\nb"`,
    ],
    [
      'too many finds',
      `dataFrom: [${Array.from({ length: 9 }, () => '{find: {path: a}}').join(', ')}]`,
      'spec.dataFrom: expected at most 8 entries, got 9',
    ],
    [
      'a version in a find',
      'dataFrom: [{find: {path: a, versionId: b}}]',
      'spec.dataFrom[0].find.versionId: unknown field',
    ],
    [
      'a find without a store, of a package',
      'provider: plugin\ndataFrom: [{find: {path: a}}]',
      'spec.dataFrom[0].find.secretStoreRef: required with provider plugin, but missing',
    ],
    ['a generated key without a name', 'generate: [{password: {}}]', 'spec.generate[0].name: required, but missing'],
    [
      'a generated key without a generator',
      'generate: [{name: a}]',
      'spec.generate[0].password: expected exactly one of password, containerRegistry, stsToken',
    ],
    [
      'two generators in one entry',
      'generate: [{name: a, password: {}, stsToken: {secretStoreRef: {name: s}, roleArn: "acs:ram::1:role/r"}}]',
      'spec.generate[0].stsToken: expected exactly one of password, containerRegistry, stsToken',
    ],
    [
      'a token without a store',
      'generate: [{name: a, containerRegistry: {instances: [{id: cri-a, registries: [r.cn]}]}}]',
      'spec.generate[0].containerRegistry.secretStoreRef: required, but missing',
    ],
    [
      'a token without an instance',
      'generate: [{name: a, containerRegistry: {secretStoreRef: {name: s}, instances: []}}]',
      'spec.generate[0].containerRegistry.instances: expected at least 1 entry, got 0',
    ],
    [
      'a token of something else than an instance',
      'generate: [{name: a, containerRegistry: {secretStoreRef: {name: s}, instances: [{id: "cri-a/../b", registries: [r.cn]}]}}]',
      'spec.generate[0].containerRegistry.instances[0].id: expected the id of a registry such as cri-abcdefgh12345678, got "cri-a/../b"',
    ],
    [
      'a domain name of two instances',
      'generate: [{name: a, containerRegistry: {secretStoreRef: {name: s}, instances: [{id: cri-a, registries: [r.cn]}, {id: cri-b, registries: [R.cn]}]}}]',
      'spec.generate[0].containerRegistry.instances[1].registries[0]: R.cn is listed twice',
    ],
    [
      'a session that is too long',
      'generate: [{name: a, stsToken: {secretStoreRef: {name: s}, roleArn: "acs:ram::1:role/r", durationSeconds: 43201}}]',
      'spec.generate[0].stsToken.durationSeconds: expected at most 43200, got 43201',
    ],
    [
      'restarts for a token',
      'generate: [{name: a, stsToken: {secretStoreRef: {name: s}, roleArn: "acs:ram::1:role/r"}}]\nrestart: [{kind: Deployment, name: web}]',
      'spec.restart: each renewal of the token in generate[0] would restart workloads; use another ExternalSecret for it',
    ],
    [
      'a generated key that no Secret has, with templates that replace keys',
      'generate: [{name: "..", password: {}}]\ntarget: {template: {data: {a: b}}}',
      'spec.generate[0].name: ".." cannot be a key of a Secret (letters, digits, "-", "_" and ".")',
    ],
    [
      'a generated key that data sets',
      'data: [{key: a}]\ngenerate: [{name: a, password: {}}]',
      'spec.generate[0].name: key "a" of the Secret is already set by data[0].key',
    ],
    [
      'a key generated twice',
      'generate: [{name: a, password: {}}, {name: a, password: {}}]',
      'spec.generate[1].name: key "a" of the Secret is already set by generate[0].name',
    ],
    [
      'a short password',
      'generate: [{name: a, password: {length: 7}}]',
      'spec.generate[0].password.length: expected at least 8, got 7',
    ],
    [
      'a long password',
      'generate: [{name: a, password: {length: 513}}]',
      'spec.generate[0].password.length: expected at most 512, got 513',
    ],
    [
      'an unknown class',
      'generate: [{name: a, password: {classes: [Digit]}}]',
      'spec.generate[0].password.classes[0]: expected Lower or Upper or Digits or Symbols, got "Digit"; did you mean "Digits"?',
    ],
    [
      'a short alphabet',
      'generate: [{name: a, password: {alphabet: abc}}]',
      'spec.generate[0].password.alphabet: expected at least 10 printable ASCII characters without spaces, got a text',
    ],
    [
      'a rotation each minute',
      'generate: [{name: a, password: {rotationInterval: 59m}}]',
      'spec.generate[0].password.rotationInterval: expected at least 1h',
    ],
    [
      'a rotation each century',
      'generate: [{name: a, password: {rotationInterval: 876000h}}]',
      'spec.generate[0].password.rotationInterval: expected at most 87600h',
    ],
    [
      'the refresh interval of External Secrets Operator',
      'generate: [{name: a, password: {refreshInterval: 1h}}]',
      'spec.generate[0].password.refreshInterval: unknown field',
    ],
    [
      'too many generated keys',
      `generate: [${Array.from({ length: 33 }, (_none, at) => `{name: k${at}, password: {}}`).join(', ')}]`,
      'spec.generate: expected at most 32 entries, got 33',
    ],
    ['no spec', 'null', 'spec: required, but missing'],
    ['a spec that is a list', '[]', 'spec: expected an object, got a list'],
    ['a spec that is text', 'data', 'spec: expected an object, got a text'],
    ['data that is text', 'data: app', 'spec.data: expected a list, got a text'],
    ['data that is an object', 'data: {key: a}', 'spec.data: expected a list, got an object'],
    ['an entry that is text', 'data: [app]', 'spec.data[0]: expected an object, got a text'],
    ['an entry that is null', 'data: [null]', 'spec.data[0]: expected an object, got null'],
    ['a line break in a key', 'data: [{key: "a\\nb", name: b}]', `spec.data[0].key: ${NO_CONTROLS}, got "a\\nb"`],
    ['an escape code in a key', 'data: [{key: "\\e[2Ja"}]', `spec.data[0].key: ${NO_CONTROLS}, got "\\u001b[2Ja"`],
    [
      'a line separator in a version',
      'data: [{key: a, versionId: "v\\u2028"}]',
      `spec.data[0].versionId: ${NO_CONTROLS}, got "v\\u2028"`,
    ],
    [
      'a control character in a stage',
      'data: [{key: a, versionStage: "\\x9b"}]',
      `spec.data[0].versionStage: ${NO_CONTROLS}, got "\\u009b"`,
    ],
    [
      'a line break in a path',
      'data: [{key: a, jmesPath: [{path: "a\\nb", objectAlias: b}]}]',
      `spec.data[0].jmesPath[0].path: ${NO_CONTROLS}, got "a\\nb"`,
    ],
    [
      'a line break in an alias',
      'dataProcess: [{extract: {key: a, jmesPath: [{path: a, objectAlias: "b\\nc"}]}}]',
      `spec.dataProcess[0].extract.jmesPath[0].objectAlias: ${NO_CONTROLS}, got "b\\nc"`,
    ],
    ['a missing key', 'data: [{key: a}, {name: b}]', 'spec.data[1].key: required, but missing'],
    ['an empty key', 'data: [{key: "", name: b}]', 'spec.data[0].key: required, but missing'],
    ['a number for a key', 'data: [{key: 17}]', 'spec.data[0].key: expected a text, got 17; put it in quotes'],
    [
      'a boolean for a version',
      'data: [{key: a, versionId: true}]',
      'spec.data[0].versionId: expected a text, got true; put it in quotes',
    ],
    [
      'a key too long',
      `data: [{key: ${long(513)}, name: a}]`,
      'spec.data[0].key: expected at most 512 characters, got 513',
    ],
    [
      'a key that needs a name',
      'data: [{key: app/db}]',
      'spec.data[0].key: "app/db" cannot be a key of a Secret (letters, digits, "-", "_" and "."); set name',
    ],
    [
      'an invalid name',
      'data: [{key: a, name: a b}]',
      'spec.data[0].name: "a b" cannot be a key of a Secret (letters, digits, "-", "_" and ".")',
    ],
    [
      'a dot for a name',
      'data: [{key: a, name: .}]',
      'spec.data[0].name: "." cannot be a key of a Secret (letters, digits, "-", "_" and ".")',
    ],
    [
      'a name that begins with two dots',
      'data: [{key: a, name: ..data}]',
      'spec.data[0].name: "..data" cannot be a key of a Secret (letters, digits, "-", "_" and ".")',
    ],
    [
      'a name too long',
      `data: [{key: a, name: ${long(254)}}]`,
      'spec.data[0].name: expected at most 253 characters, got 254',
    ],
    [
      'a duplicate name',
      'data: [{key: a}, {key: b, name: a}]',
      'spec.data[1].name: key "a" of the Secret is already set by data[0].key',
    ],
    [
      'a duplicate alias',
      'data: [{key: a, jmesPath: [{path: x}, {path: y, objectAlias: x}]}]',
      'spec.data[0].jmesPath[1].objectAlias: key "x" of the Secret is already set by data[0].jmesPath[0].path',
    ],
    [
      'an alias of an extract that data has',
      'data: [{key: a}]\ndataProcess: [{extract: {key: c, jmesPath: [{path: x, objectAlias: a}]}}]',
      'spec.dataProcess[0].extract.jmesPath[0].objectAlias: key "a" of the Secret is already set by data[0].key',
    ],
    [
      '__proto__ twice',
      'data: [{key: __proto__}, {key: b, name: __proto__}]',
      'spec.data[1].name: key "__proto__" of the Secret is already set by data[0].key',
    ],
    [
      'a path that needs an alias',
      'data: [{key: a, jmesPath: [{path: "x[0]"}]}]',
      'spec.data[0].jmesPath[0].path: "x[0]" cannot be a key of a Secret (letters, digits, "-", "_" and "."); set objectAlias',
    ],
    [
      'an invalid alias',
      'data: [{key: a, jmesPath: [{path: x, objectAlias: a/b}]}]',
      'spec.data[0].jmesPath[0].objectAlias: expected a key of a Secret: letters, digits, "-", "_" and ".", got "a/b"',
    ],
    [
      'an invalid alias in an extract',
      'dataProcess: [{extract: {key: a, jmesPath: [{path: x, objectAlias: a/b}]}}]',
      'spec.dataProcess[0].extract.jmesPath[0].objectAlias: "a/b" cannot be a key of a Secret (letters, digits, "-", "_" and ".")',
    ],
    [
      'a path that is missing',
      'data: [{key: a, jmesPath: [{objectAlias: x}]}]',
      'spec.data[0].jmesPath[0].path: required, but missing',
    ],
    [
      'a path too long',
      `data: [{key: a, jmesPath: [{path: ${long(1025)}, objectAlias: x}]}]`,
      'spec.data[0].jmesPath[0].path: expected at most 1024 characters, got 1025',
    ],
    [
      'an unknown field',
      'data: [{key: a, vresionId: b}]',
      'spec.data[0].vresionId: unknown field; did you mean "versionId"?',
    ],
    [
      'a field in the wrong case',
      'data: [{key: a, jmespath: []}]',
      'spec.data[0].jmespath: unknown field; did you mean "jmesPath"?',
    ],
    ['a field without a similar name', 'colour: red\ndata: [{key: a}]', 'spec.colour: unknown field'],
    ['an empty unknown field', 'colour: ""\ndata: [{key: a}]', 'spec.colour: unknown field'],
    [
      'a store without a name',
      'data: [{key: a, secretStoreRef: {namespace: default}}]',
      'spec.data[0].secretStoreRef.name: required, but missing',
    ],
    [
      'an invalid store name',
      'data: [{key: a, secretStoreRef: {name: My_Store}}]',
      'spec.data[0].secretStoreRef.name: expected a name of lower-case letters, digits, "-" and ".", got "My_Store"',
    ],
    [
      'an invalid namespace',
      'data: [{key: a, secretStoreRef: {name: s, namespace: a.b}}]',
      'spec.data[0].secretStoreRef.namespace: expected a namespace: lower-case letters, digits and "-", got "a.b"',
    ],
    [
      'an unknown kind of store',
      'data: [{key: a, secretStoreRef: {name: s, kind: secretstore}}]',
      'spec.data[0].secretStoreRef.kind: expected SecretStore or ClusterSecretStore, got "secretstore"; did you mean "SecretStore"?',
    ],
    [
      'an endpoint with a scheme',
      'data: [{key: a, kmsEndpoint: "https://kms.aliyuncs.com"}]',
      'spec.data[0].kmsEndpoint: expected a host or host:port without a scheme, such as kms.cn-hangzhou.aliyuncs.com, got "https://kms.aliyuncs.com"',
    ],
    [
      'an endpoint with a path',
      'data: [{key: a, kmsEndpoint: kms.aliyuncs.com/x}]',
      'spec.data[0].kmsEndpoint: expected a host or host:port without a scheme, such as kms.cn-hangzhou.aliyuncs.com, got "kms.aliyuncs.com/x"',
    ],
    [
      'optional in quotes',
      'data: [{key: a, optional: "yes"}]',
      'spec.data[0].optional: expected true or false, got "yes"',
    ],
    [
      'an extract that is missing',
      'dataProcess: [{replaceRule: [{source: a}]}]',
      'spec.dataProcess[0].extract: required, but missing',
    ],
    [
      'an extract without a key',
      'dataProcess: [{extract: {}}]',
      'spec.dataProcess[0].extract.key: required, but missing',
    ],
    [
      'an extract that is text',
      'dataProcess: [{extract: a}]',
      'spec.dataProcess[0].extract: expected an object, got a text',
    ],
    [
      'a rule without a source',
      'dataProcess: [{extract: {key: a}, replaceRule: [{target: a}]}]',
      'spec.dataProcess[0].replaceRule[0].source: required, but missing',
    ],
    [
      'a rule that is one object',
      'dataProcess: [{extract: {key: a}, replaceRule: {source: a}}]',
      'spec.dataProcess[0].replaceRule: expected a list, got an object',
    ],
    [
      'an interval without a unit',
      'rotationInterval: "60"\ndata: [{key: a}]',
      'spec.rotationInterval: expected a duration such as 90s or 1h30m, got "60"',
    ],
    [
      'an interval that is a number',
      'rotationInterval: 60\ndata: [{key: a}]',
      'spec.rotationInterval: expected a text, got 60; put it in quotes',
    ],
    [
      'a negative interval',
      'rotationInterval: -5s\ndata: [{key: a}]',
      'spec.rotationInterval: expected a duration such as 90s or 1h30m, got "-5s"',
    ],
    [
      'an interval too short',
      'rotationInterval: 999ms\ndata: [{key: a}]',
      'spec.rotationInterval: expected at least 1s',
    ],
    [
      'an interval too long',
      'rotationInterval: 8761h\ndata: [{key: a}]',
      'spec.rotationInterval: expected at most 8760h',
    ],
    [
      'a plugin without a store',
      'provider: plugin\ndata: [{key: a, secretStoreRef: {name: s}}, {key: b}]',
      'spec.data[1].secretStoreRef: required with provider plugin, but missing',
    ],
    [
      'an extract of a plugin without a store',
      'provider: plugin\ndataProcess: [{extract: {key: a}}]',
      'spec.dataProcess[0].extract.secretStoreRef: required with provider plugin, but missing',
    ],
    [
      'an unknown provider',
      'provider: vault\ndata: [{key: a}]',
      'spec.provider: expected kms or oos or plugin, got "vault"',
    ],
    [
      'an immutable Secret that is shared with others',
      'target: {immutable: true, creationPolicy: Merge}\ndata: [{key: a}]',
      'spec.target.immutable: cannot be true with creationPolicy Merge, because other controllers own keys of that Secret',
    ],
    [
      'a restart of a kind that cannot be restarted',
      'restart: [{kind: Job, name: web}]\ndata: [{key: a}]',
      'spec.restart[0].kind: expected Deployment or StatefulSet or DaemonSet, got "Job"',
    ],
    [
      'a restart without a name',
      'restart: [{kind: Deployment}]\ndata: [{key: a}]',
      'spec.restart[0].name: required, but missing',
    ],
    [
      'a workload twice, once with a limit',
      'restart: [{kind: Deployment, name: web}, {kind: Deployment, name: web, minInterval: 1h}]\ndata: [{key: a}]',
      'spec.restart[1].name: Deployment "web" is already in spec.restart[0]; keep one entry',
    ],
    [
      'a restart interval that is no duration',
      'restart: [{kind: Deployment, name: web, minInterval: 60}]\ndata: [{key: a}]',
      'spec.restart[0].minInterval: expected a text, got 60; put it in quotes',
    ],
    [
      'a restart interval that is too short',
      'restart: [{kind: Deployment, name: web, minInterval: 1ms}]\ndata: [{key: a}]',
      'spec.restart[0].minInterval: expected at least 1s',
    ],
    [
      'a restart interval that is too long',
      'restart: [{kind: Deployment, name: web, minInterval: 9000h}]\ndata: [{key: a}]',
      'spec.restart[0].minInterval: expected at most 8760h',
    ],
    [
      'a negative restart interval',
      'restart: [{kind: Deployment, name: web, minInterval: "-1h"}]\ndata: [{key: a}]',
      'spec.restart[0].minInterval: expected a duration such as 90s or 1h30m, got "-1h"',
    ],
    [
      'a window without a cron expression',
      'restart: [{kind: Deployment, name: web, window: {duration: 1h}}]\ndata: [{key: a}]',
      'spec.restart[0].window.cron: required, but missing',
    ],
    [
      'a window without a duration',
      'restart: [{kind: Deployment, name: web, window: {cron: "0 2 * * *"}}]\ndata: [{key: a}]',
      'spec.restart[0].window.duration: required, but missing',
    ],
    [
      'a window that is too short',
      'restart: [{kind: Deployment, name: web, window: {cron: "0 2 * * *", duration: 59s}}]\ndata: [{key: a}]',
      'spec.restart[0].window.duration: expected at least 1m',
    ],
    [
      'a window that is too long',
      'restart: [{kind: Deployment, name: web, window: {cron: "0 2 * * *", duration: 169h}}]\ndata: [{key: a}]',
      'spec.restart[0].window.duration: expected at most 168h',
    ],
    [
      'a cron expression with seconds',
      'restart: [{kind: Deployment, name: web, window: {cron: "0 0 2 * * *", duration: 1h}}]\ndata: [{key: a}]',
      'spec.restart[0].window.cron: expected the five fields of a cron expression, such as "0 2 * * 1-5", got "0 0 2 * * *"',
    ],
    [
      'a nickname of a cron expression',
      'restart: [{kind: Deployment, name: web, window: {cron: "@daily", duration: 1h}}]\ndata: [{key: a}]',
      'spec.restart[0].window.cron: expected the five fields of a cron expression, such as "0 2 * * 1-5", got "@daily"',
    ],
    [
      'a date as a cron expression',
      'restart: [{kind: Deployment, name: web, window: {cron: "2026-12-01T00:00:00", duration: 1h}}]\ndata: [{key: a}]',
      'spec.restart[0].window.cron: expected the five fields of a cron expression, such as "0 2 * * 1-5", got "2026-12-01T00:00:00"',
    ],
    [
      'a cron expression with an hour that does not exist',
      'restart: [{kind: Deployment, name: web, window: {cron: "0 25 * * *", duration: 1h}}]\ndata: [{key: a}]',
      'spec.restart[0].window.cron: expected a cron expression: Invalid value for hour: 25',
    ],
    [
      'a window that never opens',
      'restart: [{kind: Deployment, name: web, window: {cron: "0 2 30 2 *", duration: 1h}}]\ndata: [{key: a}]',
      'spec.restart[0].window.cron: this time never occurs',
    ],
    [
      'a time zone that does not exist',
      'restart: [{kind: Deployment, name: web, window: {cron: "0 2 * * *", duration: 1h, timeZone: Mars/Olympus}}]\ndata: [{key: a}]',
      'spec.restart[0].window.timeZone: expected a time zone such as Asia/Shanghai',
    ],
    [
      'an offset as a time zone',
      'restart: [{kind: Deployment, name: web, window: {cron: "0 2 * * *", duration: 1h, timeZone: "+08:00"}}]\ndata: [{key: a}]',
      'spec.restart[0].window.timeZone: expected a time zone such as Asia/Shanghai, got "+08:00"',
    ],
    [
      'an unknown field of a window',
      'restart: [{kind: Deployment, name: web, window: {cron: "0 2 * * *", duration: 1h, timezone: UTC}}]\ndata: [{key: a}]',
      'spec.restart[0].window.timezone: unknown field; did you mean "timeZone"?',
    ],
    [
      'an unknown creation policy',
      'target: {creationPolicy: Ower}\ndata: [{key: a}]',
      'spec.target.creationPolicy: expected Owner or Adopt or Merge, got "Ower"; did you mean "Owner"?',
    ],
    [
      'an unknown deletion policy',
      'target: {deletionPolicy: Keep}\ndata: [{key: a}]',
      'spec.target.deletionPolicy: expected Delete or Retain, got "Keep"',
    ],
    [
      'an invalid target name',
      'target: {name: Web}\ndata: [{key: a}]',
      'spec.target.name: expected a name of lower-case letters, digits, "-" and ".", got "Web"',
    ],
    ['a target that is text', 'target: web\ndata: [{key: a}]', 'spec.target: expected an object, got a text'],
    [
      'an unknown failure policy',
      'onKeyFailure: Ignore\ndata: [{key: a}]',
      'spec.onKeyFailure: expected KeepPrevious or Block, got "Ignore"',
    ],
    ['suspend in quotes', 'suspend: "true"\ndata: [{key: a}]', 'spec.suspend: expected true or false, got "true"'],
    [
      'a very long text',
      `onKeyFailure: ${long(5000)}\ndata: [{key: a}]`,
      `spec.onKeyFailure: expected KeepPrevious or Block, got "${long(48)}…"`,
    ],
  ])('%s', (_what, spec, message) => {
    const result = parseExternalSecret(manifest(spec))
    const field = message.slice(0, message.indexOf(': '))
    expect(result).toMatchObject({ ok: false, error: { code: 'InvalidSpec', facts: { field } } })
    expect(result.ok || result.error.message).toBe(message)
  })

  it.each<[string, unknown]>([
    ['spec.data', { data: Array.from({ length: LIMITS.dataEntries + 1 }, (_unused, index) => ({ key: `k${index}` })) }],
    [
      'spec.dataProcess',
      { dataProcess: Array.from({ length: LIMITS.dataProcessEntries + 1 }, () => ({ extract: { key: 'a' } })) },
    ],
    [
      'spec.data[0].jmesPath',
      {
        data: [
          {
            key: 'a',
            jmesPath: Array.from({ length: LIMITS.jmesPaths + 1 }, (_unused, index) => ({ path: `p${index}` })),
          },
        ],
      },
    ],
    [
      'spec.dataProcess[0].replaceRule',
      {
        dataProcess: [
          {
            extract: { key: 'a' },
            replaceRule: Array.from({ length: LIMITS.replaceRules + 1 }, () => ({ source: 'a' })),
          },
        ],
      },
    ],
  ])('%s with more entries than allowed', (field, spec) => {
    const result = parseExternalSecret({ ...(manifest('{}') as object), spec })
    expect(result).toMatchObject({ ok: false, error: { facts: { field } } })
    expect(result.ok || result.error.message).toMatch(/expected at most \d+ entries, got \d+$/)
  })

  it.each([
    ['data', (source: object) => source],
    ['dataProcess', (extract: object) => ({ extract })],
  ])('more paths in all of %s than allowed', (list, entryOf) => {
    const resultOf = (more: number) => {
      const counts = [...Array.from({ length: LIMITS.allJmesPaths / LIMITS.jmesPaths }, () => LIMITS.jmesPaths), more]
      const entries = counts.map((count, index) => ({
        key: `k${index}`,
        jmesPath: Array.from({ length: count }, (_unused, at) => ({ path: 'a', objectAlias: `${index}-${at}` })),
      }))
      return parseExternalSecret({
        ...(manifest('{}') as object),
        spec: { [list]: entries.slice(0, more === 0 ? -1 : undefined).map(entryOf) },
      })
    }
    expect(resultOf(0).ok).toBe(true)
    const refused = resultOf(1)
    expect(refused.ok || refused.error.message).toBe(
      `spec.${list}: expected at most 4096 entries in all jmesPath together`,
    )
  })

  it('reports its first problem and the number of others', () => {
    const result = parseExternalSecret(manifest('data: [{key: 1}, {nam: a}]'))
    expect(result.ok || result.error.message).toBe(
      'spec.data[0].key: expected a text, got 1; put it in quotes (and 2 more)',
    )
    expect(result.ok || result.problems.map(({ field }) => field)).toStrictEqual([
      'spec.data[0].key',
      'spec.data[1].key',
      'spec.data[1].nam',
    ])
  })

  it('reports one problem for each field, in order', () => {
    const result = parseExternalSecret(manifest(`suspend: 1\ndata: [{key: a, name: ${long(254)}}]`))
    expect(result.ok || result.error.message).toBe('spec.suspend: expected true or false, got 1 (and 1 more)')
    const names = parseExternalSecret(manifest(`onKeyFailure: Block\ndata: [{key: a, name: ${long(254)}}, {key: b c}]`))
    expect(names.ok || names.error.message).toBe(
      'spec.data[0].name: expected at most 253 characters, got 254 (and 1 more)',
    )
  })

  it('has at most 20 of its problems listed', () => {
    const spec = Object.fromEntries(Array.from({ length: 1_000 }, (_unused, index) => [`x${index}`, 1]))
    const result = parseExternalSecret({ ...(manifest('{}') as object), spec })
    expect(result.ok || result.problems.length).toBe(20)
  })
})

describe('unknown fields', () => {
  const loose = manifest('data: [{key: a, new: 1}]\nnewer: {a: 1}') as object

  it('are dropped from objects of an API server', () => {
    const result = parseExternalSecret({ ...loose, extra: 1 }, { unknownFields: 'ignore' })
    expect(result).toMatchObject({ ok: true, resource: { spec: { data: [{ key: 'a' }] } } })
  })

  it('are refused at the top level too', () => {
    const result = parseExternalSecret({ ...(manifest('data: [{key: a}]') as object), data: [] })
    expect(result.ok || result.error.message).toBe('data: unknown field; did it belong below spec?')
  })
})
