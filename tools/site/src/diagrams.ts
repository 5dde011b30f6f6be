import { renderMermaidSVG } from 'beautiful-mermaid'

/** A Mermaid diagram as SVG in the colours of the page, light or dark, without script and without a request to another host. */
export function diagram(source: string): string {
  const svg = renderMermaidSVG(source, {
    bg: 'var(--vp-c-bg)',
    fg: 'var(--vp-c-text-1)',
    accent: 'var(--vp-c-brand-1)',
  })
  const ownFonts = svg.replace(/@import url\([^)]*\);?/, '').replace("'Inter', ", '')
  // As an attribute, because Vue drops style elements of a template.
  const html = JSON.stringify(ownFonts).replaceAll('&', '&amp;').replaceAll("'", '&#39;').replaceAll('<', '&lt;')
  return `<figure class="diagram" role="img" aria-label="Diagram" v-html='${html}'></figure>`
}
