import { describe, expect, it } from 'vitest'
import type { Asciicast } from './asciicast.ts'
import { readAsciicast, writeAsciicast } from './asciicast.ts'
import { drawRecording, drawScreen } from './draw-terminal.ts'
import { framesOf, textOfLine } from './screen.ts'

const OPTIONS = { width: 20, height: 3, name: 'a terminal', title: 'a test of a terminal' }
const cast = (...events: Asciicast['events']): Asciicast => ({ width: 20, height: 3, events })
const drawn = async (...events: Asciicast['events']): Promise<string> =>
  drawRecording(await framesOf(cast(...events)), OPTIONS)
/** Text and classes of each piece of text in the terminal. */
const pieces = (svg: string): ReadonlyArray<readonly [text: string, classes: string]> =>
  [...svg.matchAll(/<text [^>]*class="([^"]*)"[^>]*>([^<]*)</g)]
    .map(([, classes = '', text = '']) => [text, classes] as const)
    .filter(([, classes]) => !classes.includes('bar'))

describe('a screen', () => {
  it('has the colours of the theme, and a place for each column', async () => {
    const [frame] = await framesOf(cast([0, '\u001B[31m✗\u001B[0m  \u001B[1mone two\u001B[0m  \u001B[2mdim\u001B[0m']))
    expect(frame?.lines).toEqual([
      [
        { column: 0, text: '✗', colour: 'red', bold: false },
        { column: 3, text: 'one two', colour: 'text', bold: true },
        { column: 12, text: 'dim', colour: 'muted', bold: false },
      ],
    ])
    expect(textOfLine(frame?.lines[0] ?? [])).toBe('✗  one two  dim')
    const svg = drawScreen(frame ?? { seconds: 0, lines: [], top: 0 }, OPTIONS)
    expect(pieces(svg)).toEqual([
      ['✗', 'f-red'],
      ['one two', 'f-text b'],
      ['dim', 'f-muted'],
    ])
    expect(svg).not.toContain('animation')
  })

  it('shows markup as text', async () => {
    expect(await drawn([0, '<a & "b">'])).toContain('>&lt;a &amp; &quot;b&quot;&gt;</text>')
  })
})

describe('a recording', () => {
  it('adds what is typed, and repeats nothing', async () => {
    const svg = await drawn([0, '$ '], [1, 'ab'], [2, ' c'], [4, ''])
    expect(pieces(svg)).toEqual([
      ['$', 'f-text'],
      ['ab', 'f-text k0'],
      ['c', 'f-text k1'],
    ])
    expect(svg).toContain('@keyframes k0{0%{opacity:0}25%{opacity:1}}')
    expect(svg).toContain('@keyframes k1{0%{opacity:0}50%{opacity:1}}')
  })

  it('hides what is overwritten, at rest too', async () => {
    const svg = await drawn([0, ''], [1, 'reading'], [2, '\r\u001B[Kdone'], [4, ''])
    expect(pieces(svg)).toEqual([
      ['reading', 'f-text k0 gone'],
      ['done', 'f-text k1'],
    ])
    expect(svg).toContain('@keyframes k0{0%{opacity:0}25%{opacity:1}50%{opacity:0}}')
    expect(svg).toContain('.gone{opacity:0}')
  })

  it('scrolls, and rests at the end', async () => {
    const svg = await drawn([0, '1\r\n2\r\n3'], [1, '\r\n4'], [2, ''])
    expect(svg).toContain('.s{transform:translateY(-17px)}')
    expect(svg).toContain('@keyframes s{0%{transform:none}50%{transform:translateY(-17px)}}')
  })

  it('moves only for readers who do not prefer the opposite', async () => {
    const [rest = '', motion = ''] = (await drawn([0, 'a'], [1, 'b'])).split(
      '@media (prefers-reduced-motion:no-preference)',
    )
    expect(rest).not.toContain('animation')
    expect(motion).toContain('animation:1s step-end infinite')
  })

  it('is read from a file as it was written', () => {
    const recording = cast([0, '$ '], [1.25, 'é\u001B[0m\r\n'])
    expect(readAsciicast(writeAsciicast(recording))).toEqual(recording)
    expect(() => readAsciicast('{"version":3}\n')).toThrow('format 3 of asciicast is not known')
  })
})
