import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { folderWith, treeOf } from '../testing/files.ts'
import { useKms } from '../testing/kms.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, type Running, start } from '../testing/run.ts'

const kms = useKms()
afterEach(() => kms.control('DELETE', '/faults'))

async function watching(...more: string[]): Promise<{ cwd: string; running: Running }> {
  const cwd = await folderWith({
    'in/store.yaml': storeYaml(),
    'in/web.yaml': externalSecretYaml('web', { data: [entry('app/token', 'token')] }),
  })
  const argv = ['sync', '-f', 'in', '--out', 'out', '--watch', '--polling-interval', '1s', ...kms.flags, ...more]
  const running = start(argv, { cwd })
  onTestFinished(async () => {
    running.stop('SIGINT')
    await running.done
  })
  await running.out.until(/web/)
  return { cwd, running }
}

it('follows rotation, prints a line for each change, and exits on the signal', async () => {
  const { cwd, running } = await watching()
  await kms.control('PUT', '/secrets/app/token', { data: `${CANARY}-two`, versionId: 'v2' })
  await running.out.until(/^\S+Z default\/web written: app\/token v2$/m)
  expect(await treeOf(path.join(cwd, 'out'))).toEqual({ 'default/web/token': Buffer.from(`${CANARY}-two`) })
  running.stop('SIGTERM')
  expect(await running.done).toMatchObject({ code: 0, err: '' })
})

it('reports once that a secret is deleted and restored; its files are kept', async () => {
  const { cwd, running } = await watching()
  await kms.control('POST', '/faults', { fault: 'deny' })
  await running.out.until(/default\/web AccessDenied: /)
  expect(Object.keys(await treeOf(path.join(cwd, 'out')))).toEqual(['default/web/token'])
  await kms.control('DELETE', '/faults')
  const output = await running.out.until(/default\/web 1 key up to date/)
  expect(output.match(/web AccessDenied: /g)).toHaveLength(1)
  running.stop('SIGINT')
  expect(await running.done).toMatchObject({ code: 130 })
})

it('follows new and removed manifests, and ignores invalid ones', async () => {
  const { cwd, running } = await watching('-o', 'json')
  const more = path.join(cwd, 'in/more.yaml')
  await writeFile(more, externalSecretYaml('more', { data: [entry('app/db', 'db')] }))
  await running.out.until(/"name":"more",.*"written":true\}\n/)
  await writeFile(more, 'kind: [')
  await running.err.until(
    /more\.yaml:\d+:\d+: not valid YAML.*\n.*warning: manifests are invalid; keeping the previous ones/,
  )
  await rm(more)
  await running.err.until(/ExternalSecret default\/more was removed from the manifests; its output is kept/)
  expect(Object.keys(await treeOf(path.join(cwd, 'out')))).toEqual(['default/more/db', 'default/web/token'])
  running.stop('SIGTERM')
  const { out } = await running.done
  for (const line of out.trimEnd().split('\n')) expect(JSON.parse(line)).toBeTypeOf('object')
})

it('follows a credential that changes in its manifest', async () => {
  const { cwd, running } = await watching()
  await kms.control('PUT', '/accessKeys/LTAI5tNew', {
    secret: `${CANARY}-new`,
    allow: [{ actions: ['kms:GetSecretValue'], resources: ['app/*'] }],
  })
  await kms.control('DELETE', '/accessKeys/LTAI5tCliTest')
  onTestFinished(async () => {
    await kms.control('PUT', '/accessKeys/LTAI5tCliTest')
  })
  await running.out.until(/default\/web AuthenticationFailed: /)
  await writeFile(path.join(cwd, 'in/store.yaml'), storeYaml({ id: 'LTAI5tNew', secret: `${CANARY}-new` }))
  await running.out.until(/default\/web 1 key up to date\n/)
})
