import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { go, WASM_TARGET } from './go-toolchain.ts'

/** The licences of all code that the module holds, as they ask for where it is handed on. */
export async function licenses(): Promise<string> {
  const format = '{{ with .Module }}{{ if not .Main }}{{ .Path }} {{ .Version }}\t{{ .Dir }}{{ end }}{{ end }}'
  const listed = await go(['list', '-deps', '-f', format, './wasm'], WASM_TARGET)
  const modules = [...new Set(listed.split('\n').filter((line) => line !== ''))].sort((a, b) => (a < b ? -1 : 1))
  const parts = [`The Go standard library\t${(await go(['env', 'GOROOT'])).trim()}`, ...modules].map((line) => {
    const [name = '', directory = ''] = line.split('\t')
    const file = readdirSync(directory).find((each) => /^LICEN[CS]E/.test(each))
    if (file === undefined) throw new Error(`${name} has no licence`)
    return `${name}\n\n${readFileSync(path.join(directory, file), 'utf8').trim()}\n`
  })
  return ['go-template.wasm holds code under these licences.\n', ...parts].join(`\n${'='.repeat(80)}\n\n`)
}
