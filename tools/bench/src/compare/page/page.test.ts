import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type Comparison, parseComparison, type RunRecord, withRun } from '../record/comparison.ts'
import { exampleRun } from '../record/example-run.ts'
import { renderPage } from './page.ts'
import { renderPlot } from './plot.ts'

const comparison = (...runs: readonly RunRecord[]): Comparison => ({ version: 1, runs })
const rowOf = (page: string, title: string): string | undefined =>
  page.split('\n').find((line) => line.startsWith(`| ${title} |`))

describe('the page', () => {
  it('shows the median with the extremes, in one column for each contender', () => {
    const page = renderPage(
      comparison(
        exampleRun('go-default', 3),
        ...[2, 1, 4].map((cost, index) => exampleRun('ours', cost, { run: index + 1 })),
      ),
    )
    expect(page).toContain('|  | ours | Go, default |')
    expect(rowOf(page, 'last Secret, s')).toBe('| last Secret, s | 20 (10–40) | 30 |')
    expect(rowOf(page, 'CPU of the operator for a refresh, ms')).toBe(
      '| CPU of the operator for a refresh, ms | 1 (0.5–2) | 1.5 |',
    )
    expect(rowOf(page, 'refreshes, % of those that were due')).toContain('| 100 | 100 |')
    expect(rowOf(page, 'from the API server, MB')).toContain('| 3.2 | 3.2 |')
  })

  it('lists every cost that is higher than that of the best variant of the Go operator, and no other', () => {
    const page = renderPage(
      comparison(
        exampleRun('ours', 1, { quiet: { ...exampleRun('ours').quiet!, rssMiB: 140, kmsCalls: 3_000 } }),
        exampleRun('go-default', 3),
        exampleRun('go-uncapped', 1),
        exampleRun('loader', 0.1),
      ),
    )
    const [, losses = ''] = /^## Where this operator needs more\n(.*?)^## /ms.exec(page) ?? []
    expect(losses.match(/^\| 1,000 .*/gm)).toEqual([
      '| 1,000 | Quiet: RSS of the operator, MiB | 140 | 100 (Go, uncapped) |',
    ])
  })

  it('lists a cost at its own size only, and says if there are none or the Go operator was not measured', () => {
    const large = { resources: 5_000 }
    const runs = [exampleRun('ours', 2), exampleRun('go-default', 3), exampleRun('ours', 3, large)]
    const page = renderPage(comparison(...runs, exampleRun('go-default', 2, large)))
    expect(page).toContain('| 5,000 | First sync: last Secret, s | 30 | 20 (Go, default) |')
    expect(page).not.toMatch(/^\| 1,000 \| /m)
    expect(renderPage(comparison(exampleRun('ours'), exampleRun('go-default')))).toContain('\n\nNone.\n')
    expect(renderPage(comparison(exampleRun('ours', 2)))).toContain('\n\nThe Go operator was not measured.\n')
  })

  it('says where a scenario passed its deadline, and shows no time for it', () => {
    const secrets = { seconds: 300, medianSeconds: 150, done: 2_998, of: 5_000 }
    const {
      firstSync,
      quiet: _,
      change: __,
      outage: ___,
      restart: ____,
      ...run
    } = exampleRun('go-default', 1, {
      resources: 5_000,
    })
    const page = renderPage(
      comparison(exampleRun('ours', 1, { resources: 5_000 }), { ...run, firstSync: { ...firstSync, secrets } }),
    )
    expect(rowOf(page, 'last Secret, s')).toBe('| last Secret, s | 10 | – |')
    expect(page).toContain(
      '- Go, default, 5,000 resources, run 1: first sync: 2,998 of 5,000. Later scenarios were not run.',
    )
  })

  it('names figures that are older than the others', () => {
    const old = { at: '2026-10-01T10:00Z', commit: 'bbbbbbbb' }
    const page = renderPage(comparison(exampleRun('ours'), exampleRun('go-default', 1, old)))
    expect(page).toContain('- ours: runs: 1, 2026-12-01, commit aaaaaaaa.\n')
    expect(page).toContain('- Go, default: runs: 1, 2026-10-01, commit bbbbbbbb. These are its last figures;')
    expect(page).toContain('- Go, tuned: not measured.')
  })

  it('names machine, load, and the executable of the Go operator with its differences', () => {
    const go = { go: '1.26.8', sha256: '0123456789abcdef'.repeat(4), note: 'With static credentials' }
    const page = renderPage(comparison(exampleRun('ours'), exampleRun('go-default', 1, { go })))
    expect(page).toContain('- Machine: 4 cores, 16 GiB, linux x64.')
    expect(page).toContain('- Node: v24.0.0.')
    expect(page).toContain('- Load average before and after a run: median 1.5, from 0.5 to 1.5.')
    expect(page).toContain('- Go, default: v0.5.8, Go 1.26.8, SHA-256 `0123456789abcdef…`. With static credentials.')
  })

  it('has a table of its own for shared secrets', () => {
    const shared = { users: 10 }
    const page = renderPage(comparison(exampleRun('ours'), exampleRun('ours', 1, shared)))
    expect(page).toContain('## Ten resources for each secret, 1,000 resources')
    expect(rowOf(page, 'KMS calls a resource, first sync')).toBe('| KMS calls a resource, first sync | 1 |')
  })

  it('can be made before the first run', () => {
    expect(renderPage(comparison())).toContain('There are no figures yet.')
    expect(renderPlot(comparison())).toContain('<svg')
  })
})

describe('the plot', () => {
  const runs = [1, 2, 3].map((cost, index) => exampleRun('ours', cost, { run: index + 1 }))
  const svg = renderPlot(comparison(...runs, exampleRun('go-uncapped', 1)))

  it('has a bar for each contender and figure, and a line where runs differ', () => {
    // Four panels, and the legend.
    expect(svg.match(/<rect [^>]*class="f-accent"/g)).toHaveLength(5)
    expect(svg.match(/<rect [^>]*class="f-purple"/g)).toHaveLength(5)
    expect(svg.match(/class="s-text range"/g)).toHaveLength(4)
  })

  it('draws bars in proportion to their values', () => {
    const widthOf = (colour: string): number =>
      Number(new RegExp(`<rect [^>]*width="([\\d.]+)" height="11"[^>]*class="f-${colour}"`).exec(svg)?.[1])
    expect(widthOf('accent') / widthOf('purple')).toBeCloseTo(2, 1)
  })

  it('loads nothing, and has a title and both themes', () => {
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|<script|<image|@import|url\(/)
    expect(svg).toMatch(/^<svg [^>]*role="img"><title>[^<]{20,}<\/title>/)
    expect(svg).toContain('@media (prefers-color-scheme:dark)')
  })
})

describe('docs/benchmark', () => {
  const file = (name: string): Promise<string> =>
    readFile(new URL(`../../../../../docs/benchmark/${name}`, import.meta.url), 'utf8')

  it('has the page and the plot of its figures', async () => {
    const published = parseComparison(await file('figures.json'))
    expect(await file('README.md'), 'run npm run bench -- --compare --render').toBe(renderPage(published))
    expect(await file('plot.svg'), 'run npm run bench -- --compare --render').toBe(renderPlot(published))
  })

  it('says nothing of the machine but its size', async () => {
    for (const name of ['figures.json', 'README.md', 'plot.svg'])
      expect((await file(name)).match(/\/(?:tmp|home|root|work|Users)\/|127\.0\.0\.1|localhost/g)).toBeNull()
  })

  it('changes with one run', async () => {
    const published = parseComparison(await file('figures.json'))
    expect(renderPage(withRun(published, exampleRun('ours', 9, { resources: 777 })))).not.toBe(await file('README.md'))
  })
})
