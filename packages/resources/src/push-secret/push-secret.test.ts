import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { parsePushSecret } from './push-secret.ts'

const BASE = 'secretStoreRef: {name: kms}\nselector: {name: web}'
const read = (spec: string) =>
  parsePushSecret({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'web', namespace: 'shop' },
    spec: parse(spec) as unknown,
  })
function specOf(spec: string) {
  const result = read(spec)
  if (!result.ok) throw result.error
  return result.resource.spec
}

describe('a PushSecret', () => {
  it('has its defaults filled in', () =>
    expect(specOf(`${BASE}\ndata: [{key: shop/web}]`)).toEqual({
      secretStoreRef: { name: 'kms', kind: 'SecretStore' },
      selector: { name: 'web', keys: [] },
      data: [{ key: 'shop/web', versionStages: [] }],
      updatePolicy: 'Replace',
      deletionPolicy: 'None',
      recoveryWindowInDays: 30,
    }))

  it.each([
    'data: [{key: "shop/{{ .name }}", secretKey: a, versionStages: ["x-{{ .namespace }}", green]}]',
    'data: [{key: "{{ .anything that is checked later }}"}]',
    'data: [{key: "a_/+=.-@9"}]\nrefreshInterval: 1m\nrecoveryWindowInDays: 7',
    'data: [{key: a}]\nupdatePolicy: IfNotExists\ndeletionPolicy: Delete\nrefreshInterval: ""',
  ])('accepts %s', (more) => expect(read(`${BASE}\n${more}`)).toMatchObject({ ok: true }))

  const many = (count: number, entry: (at: number) => string): string =>
    Array.from({ length: count }, (_none, at) => entry(at)).join(', ')
  const NAME = 'expected 1 to 192 letters, digits and _/+=.-@, and no ARN'
  it.each([
    ['no store', 'selector: {name: web}\ndata: [{key: a}]', 'spec.secretStoreRef: required, but missing'],
    ['no selector', 'secretStoreRef: {name: kms}\ndata: [{key: a}]', 'spec.selector: required, but missing'],
    [
      'no name of the Secret',
      'secretStoreRef: {name: kms}\nselector: {}\ndata: [{key: a}]',
      'spec.selector.name: required, but missing',
    ],
    ['no data', BASE, 'spec.data: required, but missing'],
    ['empty data', `${BASE}\ndata: []`, /^spec\.data: expected at least 1/],
    ['an entry without a key', `${BASE}\ndata: [{secretKey: a}]`, 'spec.data[0].key: required, but missing'],
    ['a name with a blank', `${BASE}\ndata: [{key: "a b"}]`, `spec.data[0].key: ${NAME}`],
    [
      'a name that is too long',
      `${BASE}\ndata: [{key: ${'a'.repeat(193)}}]`,
      new RegExp(`^spec\\.data\\[0\\]\\.key: ${NAME.replaceAll(/[+.]/g, '\\$&')}`),
    ],
    [
      'an ARN',
      `${BASE}\ndata: [{key: "acs:kms:cn-hangzhou:1:secret/a"}]`,
      new RegExp(`^spec\\.data\\[0\\]\\.key: ${NAME.replaceAll(/[+.]/g, '\\$&')}`),
    ],
    [
      'a managed name',
      `${BASE}\ndata: [{key: acs/rds/a}]`,
      /^spec\.data\[0\]\.key: names that begin with acs\/ belong to managed secrets/,
    ],
    ['a name of two lines', `${BASE}\ndata: [{key: "{{ .a }}\\n"}]`, /^spec\.data\[0\]\.key: expected one line/],
    [
      'a key that no Secret has',
      `${BASE}\ndata: [{key: a, secretKey: "a/b"}]`,
      /^spec\.data\[0\]\.secretKey: expected a key of a Secret/,
    ],
    [
      'a stage of KMS',
      `${BASE}\ndata: [{key: a, versionStages: [ACSPrevious]}]`,
      /^spec\.data\[0\]\.versionStages\[0\]: stages that begin with ACS belong to KMS/,
    ],
    [
      'a malformed stage',
      `${BASE}\ndata: [{key: a, versionStages: ["a b"]}]`,
      /^spec\.data\[0\]\.versionStages\[0\]: expected 1 to 64 letters/,
    ],
    [
      'five stages',
      `${BASE}\ndata: [{key: a, versionStages: [${many(5, (at) => `s${at}`)}]}]`,
      'spec.data[0].versionStages: expected at most 4 entries, got 5',
    ],
    [
      '65 entries',
      `${BASE}\ndata: [${many(65, (at) => `{key: k${at}}`)}]`,
      'spec.data: expected at most 64 entries, got 65',
    ],
    [
      'an unknown policy',
      `${BASE}\ndata: [{key: a}]\nupdatePolicy: Repalce`,
      'spec.updatePolicy: expected Replace or IfNotExists, got "Repalce"; did you mean "Replace"?',
    ],
    [
      'an unknown deletion',
      `${BASE}\ndata: [{key: a}]\ndeletionPolicy: Retain`,
      /^spec\.deletionPolicy: expected None or Delete, got "Retain"/,
    ],
    [
      'too short a window',
      `${BASE}\ndata: [{key: a}]\nrecoveryWindowInDays: 6`,
      /^spec\.recoveryWindowInDays: expected at least 7/,
    ],
    [
      'too long a window',
      `${BASE}\ndata: [{key: a}]\nrecoveryWindowInDays: 31`,
      /^spec\.recoveryWindowInDays: expected at most 30/,
    ],
    [
      'an interval below a minute',
      `${BASE}\ndata: [{key: a}]\nrefreshInterval: 59s`,
      'spec.refreshInterval: expected at least 1m',
    ],
    [
      'an interval that is none',
      `${BASE}\ndata: [{key: a}]\nrefreshInterval: often`,
      /^spec\.refreshInterval: expected a duration/,
    ],
    [
      'a field of External Secrets Operator',
      `${BASE}\ndata: [{key: a}]\nsecretStoreRefs: []`,
      /^spec\.secretStoreRefs: unknown field; did you mean "secretStoreRef"\?/,
    ],
    [
      'a selector of External Secrets Operator',
      'secretStoreRef: {name: kms}\nselector: {secret: {name: web}}\ndata: [{key: a}]',
      /^spec\.selector\.secret: unknown field/,
    ],
  ])('with %s is refused', (_what, spec, message) => {
    const result = read(spec)
    expect(result).toMatchObject({ ok: false, error: { code: 'InvalidSpec' } })
    const problems = result.ok ? [] : result.problems.map((problem) => `${problem.field}: ${problem.message}`)
    const first = result.ok ? '' : result.error.message
    if (typeof message === 'string') expect([first, ...problems]).toContain(message)
    else expect(problems.some((problem) => message.test(problem))).toBe(true)
  })
})
