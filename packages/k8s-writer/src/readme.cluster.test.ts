import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it, vi } from 'vitest'
import { parse, stringify } from 'yaml'

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

it('shows in the README what runs here', () => {
  expect(/```ts\n(.*?)```/s.exec(read('../README.md'))?.[1]).toBe(read('./readme.example.ts'))
})

describeCluster('the example of the README', () => {
  const cluster = useCluster()

  it('sees that somebody edits its Secret, and repairs it', async () => {
    // In a namespace of its own: in `default` it would be told of what other files have left there.
    const config = parse(readFileSync(cluster.kubeconfigPath, 'utf8')) as { contexts: { context: object }[] }
    for (const each of config.contexts) each.context = { ...each.context, namespace: cluster.namespace }
    const directory = mkdtempSync(join(tmpdir(), 'k8s-writer-'))
    const kubeconfigPath = join(directory, 'kubeconfig')
    writeFileSync(kubeconfigPath, stringify(config), { mode: 0o600 })
    vi.stubEnv('KUBECONFIG', kubeconfigPath)
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import('./readme.example.ts')
    expect(log.mock.calls).toEqual([
      ['changed', ['readme-db']],
      ['drifted', ['password']],
      ['drifted', []],
    ])
    log.mockRestore()
    vi.unstubAllEnvs()
    rmSync(directory, { recursive: true })
  })
})
