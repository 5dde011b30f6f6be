import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { folderWith, treeOf } from '../testing/files.ts'
import { useKms } from '../testing/kms.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, run, start } from '../testing/run.ts'
import type { ResourceResult } from './resource-result.ts'

const kms = useKms()
const TOKEN = Buffer.from(`${CANARY}-token\nsecond line`)
const shared = (name: string, key: string, target: object = {}): string =>
  externalSecretYaml(name, { target: { name: 'shared', ...target }, data: [entry('app/token', key)] })

const verdicts = (out: string): readonly unknown[] =>
  (JSON.parse(out) as { resources: ResourceResult[] }).resources
    .toSorted((a, b) => a.reason.localeCompare(b.reason))
    .map(({ reason, keys }) => [reason, keys])

async function syncBoth(keyOfB: string, target: object = {}) {
  const yaml = [storeYaml(), shared('a', 'a', target), shared('b', keyOfB, target)].join('---\n')
  const cwd = await folderWith({ 'in/all.yaml': yaml })
  const sync = () => run(['sync', '-f', 'in', '--out', 'out', ...kms.flags, '-o', 'json'], { cwd })
  return { cwd, sync, tree: () => treeOf(path.join(cwd, 'out')) }
}

it.each([
  ['with other keys', 'b', {}],
  ['with the same key', 'a', {}],
  ['with Retain', 'b', { deletionPolicy: 'Retain' }],
])('gives a target %s to one of two resources permanently', async (_what, keyOfB, target) => {
  const { sync, tree } = await syncBoth(keyOfB, target)
  const first = await sync()
  const owner = verdicts(first.out)[0] as ['Synced', string[]]
  expect(owner).toEqual(['Synced', [expect.any(String)]])
  expect([first.code, verdicts(first.out)[1]]).toEqual([1, ['TargetConflict', []]])
  const [key = ''] = owner[1]
  expect(await tree()).toEqual({ [`default/shared/${key}`]: TOKEN })
  const second = await sync()
  expect([second.code, JSON.parse(second.out)]).toEqual([1, JSON.parse(first.out)])
  expect(await tree()).toEqual({ [`default/shared/${key}`]: TOKEN })
})

it('refuses the target of a resource that an earlier run has written', async () => {
  const { cwd, sync, tree } = await syncBoth('b')
  await writeFile(path.join(cwd, 'in/all.yaml'), [storeYaml(), shared('a', 'a')].join('---\n'))
  expect((await sync()).code).toBe(0)
  await writeFile(path.join(cwd, 'in/all.yaml'), [storeYaml(), shared('b', 'b')].join('---\n'))
  const { code, out } = await sync()
  expect([code, verdicts(out)]).toEqual([1, [['TargetConflict', []]]])
  expect(out).toContain('it belongs to ExternalSecret a')
  expect(await tree()).toEqual({ 'default/shared/a': TOKEN })
})

it('refuses a second definition of a resource while --watch runs', async () => {
  const { cwd, tree } = await syncBoth('b')
  await writeFile(path.join(cwd, 'in/all.yaml'), [storeYaml(), shared('a', 'a')].join('---\n'))
  const running = start(['sync', '-f', 'in', '--out', 'out', '--watch', ...kms.flags], { cwd })
  onTestFinished(async () => {
    running.stop('SIGINT')
    await running.done
  })
  await running.out.until(/default +a +True +Synced/)
  await writeFile(path.join(cwd, 'in/more.yaml'), shared('b', 'b'))
  await running.out.until(/default\/b TargetConflict: .*it belongs to ExternalSecret a/)
  expect(await tree()).toEqual({ 'default/shared/a': TOKEN })
})

it('lets resources with Merge share a target', async () => {
  const { sync, tree } = await syncBoth('b', { creationPolicy: 'Merge' })
  expect((await sync()).code).toBe(0)
  expect((await sync()).code).toBe(0)
  expect(await tree()).toEqual({ 'default/shared/a': TOKEN, 'default/shared/b': TOKEN })
})
