import { type ColourName, COLOURS, FONTS, themeCss } from './theme.ts'

/** Attributes of an element; absent ones are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** An element of SVG. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeXml(String(value))}"`)
    .join('')
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`
}

/** A line of text. */
export function label(content: string, attributes: Attributes): string {
  return element('text', attributes, escapeXml(content))
}

export function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** A number with at most one decimal. */
export function short(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** Options of {@link picture}. */
export interface PictureOptions {
  readonly width: number
  readonly height: number
  /** What a screen reader says. */
  readonly title: string
  readonly css: string
}

const CORNER = 10

/** A whole picture: a card in the colours of the reader's theme. */
export function picture({ width, height, title, css }: PictureOptions, ...children: readonly string[]): string {
  const body = children.join('')
  const used = (Object.keys(COLOURS) as ColourName[]).filter((name) => new RegExp(`[fs]-${name}\\b`).test(body + css))
  const card = { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: CORNER, class: 'f-page s-border' }
  const style = `text{font-family:${FONTS.text}}.m,.m text{font-family:${FONTS.mono}}${themeCss([...new Set<ColourName>(['page', 'border', ...used])])}${css}`
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
  }
  return `${element('svg', attributes, element('title', {}, escapeXml(title)), element('style', {}, style), element('rect', card), body)}\n`
}
