/** Supported values of `decodingStrategy`. */
export type Decoding = 'Base64' | 'Base64URL'

/**
 * A template that decodes a key, and fails on invalid input. Without the check, `b64dec` would write its error message into
 * the Secret.
 */
export function decodingTemplate(key: string, strategy: Decoding): string {
  const name = JSON.stringify(key)
  const alphabet = strategy === 'Base64URL' ? ' | replace "-" "+" | replace "_" "/"' : ''
  return (
    `{{- $text := index . ${name} | replace "\\n" "" | replace "\\r" ""${alphabet} }}` +
    '{{- $value := b64dec $text }}' +
    `{{- if ne (b64enc $value) $text }}{{ fail "${key.replaceAll('"', '')} is no ${strategy}" }}{{ end }}` +
    '{{- $value -}}'
  )
}
