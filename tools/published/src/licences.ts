/**
 * Licences that only require attribution; MPL, because its files are unchanged; and two other spellings, where BSD is chosen for
 * node-forge.
 */
export const LICENCES: readonly string[] = [
  '(BSD-3-Clause OR GPL-2.0)',
  'Apache License 2.0',
  'Apache-2.0',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'PSF-2.0',
  'Unlicense',
]
