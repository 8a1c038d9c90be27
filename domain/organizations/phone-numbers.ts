import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js'

/**
 * Reads a phone number as people of that country write it, or in international form.
 * @returns E.164, followed by `;ext=` where there is an extension; undefined when it can't be a phone number.
 */
export function normalisePhoneNumber(text: string, country: string): string | undefined {
  const number = parsePhoneNumberFromString(text, {
    ...(isSupportedCountry(country) ? { defaultCountry: country } : {}),
    extract: false,
  })
  if (number === undefined || !number.isPossible()) return undefined
  return number.ext === undefined ? number.number : `${number.number};ext=${number.ext}`
}
