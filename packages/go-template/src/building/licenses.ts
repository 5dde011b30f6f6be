import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { go, WASM_TARGET } from './go-toolchain.ts'

/** Licences of all code in the module, which must be distributed with it. */
export async function licenses(): Promise<string> {
  const format = '{{ with .Module }}{{ if not .Main }}{{ .Path }} {{ .Version }}\t{{ .Dir }}{{ end }}{{ end }}'
  const listed = await go(['list', '-deps', '-f', format, './wasm'], WASM_TARGET)
  const modules = [...new Set(listed.split('\n').filter((line) => line !== ''))].sort((a, b) => (a < b ? -1 : 1))
  const parts = [`The Go standard library\t${(await go(['env', 'GOROOT'])).trim()}`, ...modules].map((line) => {
    const [name = '', directory = ''] = line.split('\t')
    const files = readdirSync(directory).filter((each) => /^(?:LICEN[CS]E|COPYING|NOTICE|PATENTS)\b/.test(each))
    if (files.length === 0) throw new Error(`${name} has no licence`)
    const texts = files.toSorted().map((file) => readFileSync(path.join(directory, file), 'utf8').trim())
    return `${name}\n\n${texts.join('\n\n')}\n`
  })
  return ['go-template.wasm holds code under these licences.\n', ...parts].join(`\n${'='.repeat(80)}\n\n`)
}
