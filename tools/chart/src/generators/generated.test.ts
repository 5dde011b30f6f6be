import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { chartFiles, deployFiles } from './chart-files.ts'
import { ROOT } from '../root.ts'

const contentOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')

describe('generated files are up to date (npm run generate -w tools/chart)', () => {
  it.each([...chartFiles()])('%s', (path, content) => expect(contentOf(path)).toBe(content))

  // The first run on a machine downloads helm.
  it('deploy, which helm renders from the chart', { timeout: 20 * 60_000 }, async () => {
    const files = await deployFiles()
    expect(Object.fromEntries([...files.keys()].map((path) => [path, contentOf(path)]))).toEqual(
      Object.fromEntries(files),
    )
  })
})
