export { passwordGenerator, type PasswordOptions } from './password-generator.ts'
export { type CharacterClass, checkAlphabet, PASSWORD_LIMITS } from './password-alphabet.ts'
