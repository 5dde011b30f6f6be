import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Flag, flagValue } from '@ack-secret-manager/command-line'
import { FLAGS } from '@ack-secret-manager/operator'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { camelCase, commandSchema } from './command-schema.ts'
import { useHelm } from '../programs/use-helm.ts'

const helm = useHelm()

interface Samples {
  /** Values that helm and the operator accept. */
  readonly taken: readonly unknown[]
  readonly refused: readonly unknown[]
}

const LABEL = 'a'.repeat(63)
const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`)

/** One flag of each kind in the chart. */
const SAMPLES: Readonly<Record<string, Samples>> = {
  'metadata-endpoint': { taken: ['anything', ' '], refused: [7, true, ['a']] },
  'enable-worker-role': { taken: [true, false, 'true', 'false'], refused: ['maybe', 1, 't', ['true']] },
  concurrency: {
    taken: [1, 1000, '1', '016', '1000'],
    refused: [0, -1, 1001, 1.5, '0', '-1', '1001', '1.5', 'x', '1 '],
  },
  shards: { taken: [1, 16, '1', '016'], refused: [0, 17, 1000, '0', '17', '100'] },
  'kms-batch-cost': { taken: [1, 20, '020'], refused: [0, 21, '21', '30'] },
  'kms-qps': { taken: [0, 0.5, 400, '0', '7.25'], refused: [-1, '-1', '.5', '1e3', 'many', true] },
  'polling-interval': {
    taken: ['1s', '120s', '1h30m', '0.5m', '.5h', '1500ms', '0h0m5s', '1.5s', '2m0s', '30s500ms'],
    refused: ['abc', '12x', '0', '0s', '0.5s', '999ms', '10ms', '-1s', '60', 60, ' 60s', '5 s', 's', '1s2', '100ns'],
  },
  'watch-namespaces': {
    taken: [['a', 'b'], 'a,b', 'a, b,', 'a,\nb\n', '"a,b"', ['a', ''], ['a,b'], LABEL, many(64), many(64).join(',')],
    refused: ['A_B', ['a', 'A_B'], 'a b', 'a/b', '-a', `${LABEL}a`, '*', many(65), many(65).join(','), [1], ['"a"'], 7],
  },
  'own-identity-namespaces': {
    taken: ['*', 'team-*', ['platform', 'team-*'], '-', '"web"', many(256), many(256).join(',')],
    refused: ['A/b', ['a', 'B'], `${LABEL}*`, many(257), many(257).join(',')],
  },
  'kms-endpoint': {
    taken: ['kms.cn-hangzhou.aliyuncs.com', '127.0.0.1:8443', 'a'],
    refused: ['https://kms.cn-hangzhou.aliyuncs.com/', 'a b', 'A', 'a:b', 'a:123456', 'a.', ['a'], 7],
  },
  'allow-endpoint': {
    taken: ['x:1,y', ['*.cryptoservice.kms.aliyuncs.com', 'kms.*.aliyuncs.com'], '*', 'a*b:1'],
    refused: ['a**b', '**', 'https://a', ['a', 'B'], '-a', '.a'],
  },
  region: { taken: ['cn-hangzhou'], refused: ['X Y', 'cn_hangzhou', 'cn-hangzhou.', ['a']] },
  'lease-name': {
    taken: ['007', 'team-a.secrets', `${LABEL}.a`, 'a'.repeat(253)],
    refused: ['Team_A', 'a..b', 'a.-b', 'a'.repeat(254), 7],
  },
  uid: { taken: ['1234567890123456', 1234567890123456], refused: ['12-3', -1, 1.5, '1'.repeat(33), 'x', true] },
  'cluster-id': { taken: ['c1234567890abcdef', 'C_1-a'], refused: ['a b', 'a/b', 'a'.repeat(65), 7] },
  'plugin-dir': { taken: ['/plugins', '/a, /b', ['/a', '/b c']], refused: ['relative', ['/a', 'b'], '/a,b'] },
  'backend-package': {
    taken: ['@example/a', 'b,c', ['@example/a', 'b']],
    refused: ['../x', 'file:x.js', '@a/b/c', ['a', 'B']],
  },
  'own-identity': { taken: ['none', 'worker-role'], refused: ['mine', 'None', ['none'], false] },
}

/** Empty values, which leave the operator's default. */
const NOTHING: readonly unknown[] = ['', null]

/** A value in the form that templates write. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isTakenByOperator(name: string, value: unknown): boolean {
  if (NOTHING.includes(value)) return true
  try {
    flagValue(name, FLAGS[name as keyof typeof FLAGS], textOf(value))
    return true
  } catch {
    return false
  }
}

/** The values that the real helm accepts. */
async function takenByHelm(values: readonly (readonly [string, unknown])[]): Promise<boolean[]> {
  const { properties: flags = {} } = commandSchema()
  await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-schema-'))
  const { path: chart } = temporary
  const properties = values.map(([name], index) => [`v${index}`, flags[camelCase(name)]])
  const schema = { $schema: 'http://json-schema.org/draft-07/schema#', properties: Object.fromEntries(properties) }
  await writeFile(path.join(chart, 'values.schema.json'), JSON.stringify(schema))
  await writeFile(path.join(chart, 'Chart.yaml'), stringify({ apiVersion: 'v2', name: 'values', version: '1.0.0' }))
  const given = Object.fromEntries(values.map(([, value], index) => [`v${index}`, value]))
  const said = await helm.template({ release: 'dry', namespace: 'default', chart, values: given }).catch(String)
  const refused = new Set([...said.matchAll(/^- (?:at '\/)?v(\d+)/gm)].map(([, index]) => Number(index)))
  return values.map((_, index) => !refused.has(index))
}

const kindOf = (name: string): string => JSON.stringify([FLAGS[name as keyof typeof FLAGS].kind, choicesOf(name)])
const choicesOf = (name: string): boolean => (FLAGS[name as keyof typeof FLAGS] as Flag).choices !== undefined

it('has samples of each kind of flag', () => {
  const { properties = {} } = commandSchema()
  const inChart = Object.entries<Flag>(FLAGS).filter(
    ([name, flag]) => camelCase(name) in properties && flag.deprecated === undefined,
  )
  expect(new Set(Object.keys(SAMPLES).map(kindOf))).toEqual(new Set(inChart.map(([name]) => kindOf(name))))
})

it('accepts and rejects the same values as the operator', async () => {
  const all = Object.entries(SAMPLES).flatMap(([name, { taken, refused }]) => [
    ...[...taken, ...NOTHING].map((value) => ({ name, value, expected: true })),
    ...refused.map((value) => ({ name, value, expected: false })),
  ])
  const byHelm = await takenByHelm(all.map(({ name, value }) => [name, value]))
  const found = all.map((sample, index) => ({ ...sample, expected: byHelm[index] }))
  expect(found).toEqual(all)
})

it('accepts no value of a flag that the operator rejects', async () => {
  const values = Object.values(SAMPLES).flatMap(({ taken, refused }) => [...taken, ...refused])
  const all = Object.keys(SAMPLES).flatMap((name) => values.map((value) => [name, value] as const))
  const byHelm = await takenByHelm(all)
  expect(all.filter(([name, value], index) => byHelm[index] === true && !isTakenByOperator(name, value))).toEqual([])
})

it('accepts any value of a flag without an effect', async () => {
  const names = Object.entries<Flag>(FLAGS).flatMap(([name, flag]) => (flag.deprecated === undefined ? [] : [name]))
  const all = names.flatMap((name) => ['5s', 'soon', 0, 5000, true, null].map((value) => [name, value] as const))
  expect(await takenByHelm(all)).toEqual(all.map(() => true))
})
