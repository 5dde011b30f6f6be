import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './workspaces.ts'

/** A Go module compiled into the template engine. */
export interface GoModule {
  readonly name: string
  /** Version with `v`, like in Go; for the standard library the version of Go. */
  readonly version: string
  /** SPDX identifier of the text; empty for an unknown text. */
  readonly licence: string
  /** `h1:…` of go.sum; undefined for the standard library. */
  readonly checksum: string | undefined
}

const ENGINE = path.join(ROOT, 'packages/go-template')
/** Name in vulnerability databases. */
const STANDARD_LIBRARY = 'stdlib'

const LICENCE_MARKS: ReadonlyArray<readonly [spdx: string, mark: RegExp]> = [
  ['Apache-2.0', /Apache License\s+Version 2\.0/],
  ['MIT', /Permission is hereby granted, free of charge/],
  ['BSD-3-Clause', /Redistribution and use in source and binary forms[^]*Neither the name/],
]

/** Modules in the licence file of the engine, which a test compares with the compiled modules. */
export function goModules(): readonly GoModule[] {
  const text = (file: string): string => readFileSync(path.join(ENGINE, file), 'utf8')
  const goSum = text('go/go.sum')
  const [, ...parts] = text('wasm/go-template.wasm.LICENSES.txt').split(/^={80}\n\n/m)
  return parts.map((part) => {
    const [, name = '', version] = /^(\S+) (v\S+)\n/.exec(part) ?? []
    const licence = LICENCE_MARKS.find(([, mark]) => mark.test(part))?.[0] ?? ''
    if (version === undefined) {
      const [, toolchain = ''] = /^toolchain go(\S+)$/m.exec(text('go/go.mod')) ?? []
      return { name: STANDARD_LIBRARY, version: toolchain, licence, checksum: undefined }
    }
    const line = goSum.split('\n').find((each) => each.startsWith(`${name} ${version} `))
    return { name, version, licence, checksum: line?.split(' ').at(-1) }
  })
}
