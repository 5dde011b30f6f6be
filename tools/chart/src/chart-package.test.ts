import { existsSync, readFileSync } from 'node:fs'
import { mkdtempDisposable, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { crds } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { CHART } from './programs/helm.ts'
import { runProgram } from './programs/run-program.ts'
import { useHelm } from './programs/use-helm.ts'
import { ROOT } from './root.ts'

interface ChartFile {
  readonly home: string
  readonly sources: readonly string[]
  readonly icon: string
  readonly annotations: Readonly<Record<string, string>>
}

const { home, sources, icon, annotations } = parse(readFileSync(path.join(CHART, 'Chart.yaml'), 'utf8')) as ChartFile
const listOf = (name: string): readonly Record<string, unknown>[] =>
  parse(annotations[`artifacthub.io/${name}`] ?? '') as Record<string, unknown>[]

describe('the package of the chart', () => {
  const helm = useHelm()

  it('contains what a release needs, and nothing of an editor', async () => {
    await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-chart-'))
    await helm.run('package', CHART, '--destination', temporary.path)
    const [file = ''] = await readdir(temporary.path)
    const listed = await runProgram('tar', ['-tzf', path.join(temporary.path, file)])
    const top = new Set(listed.split('\n').map((name) => name.split('/')[1] ?? ''))
    expect([...top].filter(Boolean).toSorted()).toEqual([
      '.helmignore',
      'Chart.yaml',
      'README.md',
      'files',
      'templates',
      'values.schema.json',
      'values.yaml',
    ])
  })

  it('names files of the repository', () => {
    expect(sources).toEqual([home])
    const prefix = home.replace('https://github.com/', 'https://raw.githubusercontent.com/')
    const linked = [icon, ...listOf('links').map(({ url }) => String(url))]
    const paths = linked.map((url) => url.replace(`${prefix}/main/`, '').replace(/^.*\/(?:tree|blob)\/main\//, ''))
    expect(paths.filter((each) => !existsSync(new URL(each, ROOT)))).toEqual([])
  })

  it('lists the CRDs, and an example of those that a first Secret needs', () => {
    const expected = crds().map(({ metadata, spec }) => ({
      kind: spec.names.kind,
      name: metadata.name,
      version: spec.versions[0]?.name,
    }))
    const listed = listOf('crds').map(({ kind, name, version }) => ({ kind, name, version }))
    const byName = (a: { readonly name: unknown }, b: { readonly name: unknown }): number =>
      String(a.name).localeCompare(String(b.name))
    expect(listed.toSorted(byName)).toEqual(expected.toSorted(byName))
    expect(listOf('crdsExamples').map(({ kind }) => kind)).toEqual(['SecretStore', 'ExternalSecret'])
  })
})
