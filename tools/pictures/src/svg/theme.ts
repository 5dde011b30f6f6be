/** A colour on a light and on a dark background. */
export interface ThemeColour {
  readonly light: string
  readonly dark: string
}

/** Colours of all pictures, those of GitHub's pages, by class name. */
export const COLOURS = {
  page: { light: '#ffffff', dark: '#0d1117' },
  panel: { light: '#f6f8fa', dark: '#151b23' },
  border: { light: '#d1d9e0', dark: '#3d444d' },
  text: { light: '#1f2328', dark: '#f0f6fc' },
  muted: { light: '#59636e', dark: '#9198a1' },
  accent: { light: '#d45500', dark: '#ff8a3d' },
  red: { light: '#cf222e', dark: '#ff7b72' },
  green: { light: '#1a7f37', dark: '#3fb950' },
  yellow: { light: '#9a6700', dark: '#d29922' },
  blue: { light: '#0969da', dark: '#58a6ff' },
  purple: { light: '#8250df', dark: '#bc8cff' },
  cyan: { light: '#1b7c83', dark: '#39c5cf' },
  orange: { light: '#bc4c00', dark: '#f0883e' },
  pink: { light: '#bf3989', dark: '#f778ba' },
} as const satisfies Readonly<Record<string, ThemeColour>>

/** A name of {@link COLOURS}. */
export type ColourName = keyof typeof COLOURS

/** Only fonts of the reader's system: an image loads no others. */
export const FONTS = {
  text: "-apple-system,BlinkMacSystemFont,'Segoe UI','Noto Sans',Helvetica,Arial,'DejaVu Sans',sans-serif",
  mono: "ui-monospace,SFMono-Regular,'SF Mono',Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace",
}

/** Classes that fill (`f-red`) or stroke (`s-red`) in the colours of the reader's theme. */
export function themeCss(names: readonly ColourName[]): string {
  const rules = (theme: keyof ThemeColour): string =>
    names.map((name) => `.f-${name}{fill:${COLOURS[name][theme]}}.s-${name}{stroke:${COLOURS[name][theme]}}`).join('')
  return `${rules('light')}@media (prefers-color-scheme:dark){${rules('dark')}}`
}
