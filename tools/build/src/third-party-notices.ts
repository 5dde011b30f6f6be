import path from 'node:path'
import type { Options } from 'tsup'
import { type BundledPackage, bundledPackages } from './bundled-packages.ts'
import { licenceTextOf } from './licence-text.ts'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Name of the notices file next to a bundle. */
export const NOTICES = 'THIRD-PARTY-NOTICES.txt'

const RULE = `\n${'='.repeat(80)}\n\n`
const HEAD = `This program holds code of the npm packages below, each under the licence that follows it. Where one offers a choice, we take
the first. Their sources: npm pack NAME@VERSION. What is in a file *.wasm.br is listed next to it, in *.wasm.LICENSES.txt.
`

/**
 * Writes next to a bundle the licence of each npm package in it, and the legal comments of their sources. The output is reproducible. For
 * builds with `write: false`, like those of tsup. A package without a licence fails the build.
 */
export function thirdPartyNotices(): Plugin {
  return {
    name: 'third-party-notices',
    setup(build) {
      const { initialOptions: options } = build
      options.metafile = true
      options.legalComments = 'external'
      const root = options.absWorkingDir ?? process.cwd()
      build.onEnd((result) => {
        const { metafile, outputFiles } = result
        // A failed build has no outputs.
        if (metafile === undefined || outputFiles === undefined) return
        const isLegal = (file: { readonly path: string }): boolean => file.path.endsWith('.LEGAL.txt')
        const comments = outputFiles
          .filter(isLegal)
          .map((file) => file.text.replace(/^Bundled license information:\s*/, '').trimEnd())
        const text = noticesOf(bundledPackages(metafile, root), comments)
        const notices = {
          path: path.resolve(root, options.outdir ?? '', NOTICES),
          contents: Buffer.from(text),
          hash: '',
          text,
        }
        result.outputFiles = [...outputFiles.filter((file) => !isLegal(file)), notices]
      })
    },
  }
}

/** Packages with the same text share it. */
function noticesOf(packages: readonly BundledPackage[], comments: readonly string[]): string {
  const byText = new Map<string, BundledPackage[]>()
  for (const each of packages) {
    const text = licenceTextOf(each)
    byText.set(text, [...(byText.get(text) ?? []), each])
  }
  const licences = [...byText].map(([text, those]) => {
    const names = those.map(({ name, version, licence }) => `${name} ${version} (${licence})\n`)
    return `${names.join('')}\n${text}\n`
  })
  const kept =
    comments.length === 0 ? [] : [`Comments that sources ask to keep\n\n${comments.toSorted().join('\n\n')}\n`]
  return [HEAD, ...licences, ...kept].join(RULE)
}
