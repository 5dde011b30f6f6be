import { application, templateEngine } from '@ack-secret-manager/build'

// In chunks, so that a command loads only what it needs.
export default application({
  entry: { index: 'src/index.ts', main: 'src/main.ts', ...templateEngine.entry },
  // Types included: the package has no dependencies. tsup finds those of a package by the field `types` only.
  dts: { entry: ['src/index.ts'], resolve: [/^@ack-secret-manager\//] },
  splitting: true,
  publicDir: templateEngine.publicDir,
})
