import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { BundledPackage } from './bundled-packages.ts'

/** Texts of licences by their name in a manifest, for packages without a licence file. */
const STANDARD: Readonly<Record<string, (author: string) => string>> = {
  'Apache-2.0': () => apache(),
  'Apache License 2.0': () => apache(),
  ISC: (author) => `${copyright(author)}

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF
CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`,
  MIT: (author) => `${copyright(author)}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR
IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`,
}

/** Matches a text that grants rights, and not only names a licence. */
const GRANT = /Permission is hereby granted|Permission to use, copy|Redistribution and use/

/**
 * The licence of a package: its own files; else the section of its README, with the standard text of the licence that its manifest
 * names unless that is there already.
 * @throws Error when there is none
 */
export function licenceTextOf({ directory, name, licence, author }: BundledPackage): string {
  const files = readdirSync(directory).toSorted()
  const textOf = (file: string): string =>
    readFileSync(path.join(directory, file), 'utf8').replaceAll('\r\n', '\n').trim()
  const own = files.filter((file) => /^(?:licen[cs]e|copying|notice|patents)\b/i.test(file))
  if (own.some((file) => /^(?:licen|copying)/i.test(file))) return own.map(textOf).join('\n\n')
  const readme = files.find((file) => /^readme\b/i.test(file))
  const said = readme === undefined ? '' : licenceSection(textOf(readme))
  const parts = [...own.map(textOf), said]
  if (!GRANT.test(said)) {
    const standard = STANDARD[licence]
    if (standard === undefined) throw new Error(`${name}: no licence file, and no text is known for "${licence}"`)
    parts.push(standard(author))
  }
  return parts.filter((part) => part !== '').join('\n\n')
}

/** The Markdown section with this heading. */
function licenceSection(readme: string): string {
  const [, said = ''] =
    /^(?:#+ *licen[cs]e|licen[cs]e\n-+)[^\n]*\n([^]*?)(?=^#|^[^\n]+\n(?:---|===)|$(?![^]))/im.exec(readme) ?? []
  return said.replaceAll('&lt;', '<').replaceAll('&gt;', '>').trim()
}

function copyright(author: string): string {
  return author === '' ? '' : `Copyright (c) ${author}`
}

/** The terms of this project's licence, without the copyright line. */
function apache(): string {
  const ours = readFileSync(new URL('../../../LICENSE', import.meta.url), 'utf8')
  const [terms = ''] = /^[^]*END OF TERMS AND CONDITIONS/.exec(ours) ?? []
  return terms.replace(/^\n+/, '')
}
