import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createProgress } from '@ack-secret-manager/control-plane'
import { toolOptions, UsageError } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { COMPARE, type CompareOptions } from './compare-options.ts'
import { compare } from './compare.ts'
import { writeComparison } from './record/comparison.ts'
import { exampleRun } from './record/example-run.ts'

const progress = createProgress({ stream: { write: () => undefined } })
const run = (output: string, ...argv: readonly string[]): Promise<number> =>
  compare(toolOptions(COMPARE, ['--compare', '--output', output, ...argv]) as CompareOptions, progress)
const temporary = () => mkdtempDisposable(path.join(tmpdir(), 'acksm-compare-'))

it('writes page and plot from figures, without a run', async () => {
  await using folder = await temporary()
  const figures = path.join(folder.path, 'figures.json')
  const text = writeComparison({ version: 1, runs: [exampleRun('ours', 3)] })
  await writeFile(figures, text)
  expect(await run(folder.path, '--render')).toBe(0)
  expect(await readFile(figures, 'utf8')).toBe(text)
  expect(await readFile(path.join(folder.path, 'README.md'), 'utf8')).toContain('| last Secret, s | 30 |')
  expect((await readdir(folder.path)).toSorted()).toEqual(['README.md', 'figures.json', 'plot.svg'])
})

it.each(['--go-operator', '--go-uncapped'])(
  'rejects %s without an executable file, before the first run',
  async (flag) => {
    await using folder = await temporary()
    const file = path.join(folder.path, 'none')
    await expect(run(folder.path, flag, file)).rejects.toThrow(new UsageError(`${flag} ${file}: no executable file`))
    expect(await readdir(folder.path)).toEqual([])
  },
)

it('leaves figures alone that it cannot read', async () => {
  await using folder = await temporary()
  const figures = path.join(folder.path, 'figures.json')
  await writeFile(figures, '{"version":2}')
  await expect(run(folder.path, '--render')).rejects.toThrow(`${figures} cannot be read; move it away`)
  expect(await readdir(folder.path)).toEqual(['figures.json'])
  expect(await readFile(figures, 'utf8')).toBe('{"version":2}')
})
