import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { dashboardPanels } from './dashboard/dashboard-file.ts'
import { FILES, PICTURES } from './picture-files.ts'
import { readAsciicast } from './terminal/asciicast.ts'
import { drawDemo, drawStatus } from './terminal/draw-cast.ts'
import { framesOf, textOfLine } from './terminal/screen.ts'

const MAX_BYTES = 300_000
const MAX_SECONDS = 20
/** What only the machine that made a picture knows. */
const OF_THE_MACHINE = [/\/(?:tmp|home|root|work|Users)\//, /127\.0\.0\.1/, /localhost/, /\bfile:/]

const text = (file: URL): Promise<string> => readFile(file, 'utf8')

describe('the pictures', () => {
  it('are those that npm run pictures makes', async () => {
    const names = Object.values(FILES).map((file) => file.pathname.slice(PICTURES.pathname.length))
    expect((await readdir(PICTURES)).toSorted()).toEqual(names.toSorted())
  })

  it.each(Object.entries(FILES))('%s: is small, and says nothing of a machine', async (_name, file) => {
    expect(existsSync(file)).toBe(true)
    const content = await text(file)
    expect(content.length).toBeLessThan(MAX_BYTES)
    expect(OF_THE_MACHINE.filter((pattern) => pattern.test(content))).toEqual([])
  })

  it.each(['dashboard', 'demo', 'status'] as const)(
    '%s: loads nothing, and has both themes and a title',
    async (name) => {
      const svg = await text(FILES[name])
      expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|<script|<image|@import|url\(/)
      expect(svg).toMatch(/^<svg [^>]*role="img"><title>[^<]{20,}<\/title>/)
      expect(svg).toContain('@media (prefers-color-scheme:dark)')
    },
  )

  it('shows the current panels of the dashboard', async () => {
    const svg = await text(FILES.dashboard)
    const titles = [...svg.matchAll(/class="f-text title(?: long)?">([^<]*)</g)].map(([, title]) => title)
    expect(titles).toEqual((await dashboardPanels()).map(({ title }) => title))
  })

  it('shows the recordings as they are', async () => {
    expect(await drawDemo(readAsciicast(await text(FILES.demoCast)))).toBe(await text(FILES.demo))
    expect(await drawStatus(readAsciicast(await text(FILES.statusCast)))).toBe(await text(FILES.status))
  })

  it('has a demo of at most 20 s, at rest for a reader who prefers no motion', async () => {
    const { events } = readAsciicast(await text(FILES.demoCast))
    expect(events.at(-1)?.[0]).toBeLessThanOrEqual(MAX_SECONDS)
    const [before = ''] = (await text(FILES.demo)).split('@media (prefers-reduced-motion:no-preference)')
    expect(before).not.toContain('animation')
  })

  it('shows in the demo a Secret that follows KMS', async () => {
    const frames = await framesOf(readAsciicast(await text(FILES.demoCast)))
    const lines = (frames.at(-1)?.lines ?? []).map(textOfLine)
    expect(lines).toContainEqual(expect.stringMatching(/^shop +True +Synced +shop +3 /))
    expect(lines).toContain('second-password')
  })

  it('shows in the status a cause for each group', async () => {
    const frames = await framesOf(readAsciicast(await text(FILES.statusCast)))
    const screen = (frames.at(-1)?.lines ?? []).map(textOfLine).join('\n')
    for (const reason of ['Stale', 'AccessDenied', 'SecretNotFound']) expect(screen).toContain(reason)
  })
})
