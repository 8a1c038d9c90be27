import { iso31661, iso31662 } from 'iso-3166'

const countryNames = new Map(iso31661.map((country) => [country.alpha2, country.name]))

interface Subdivisions {
  codes: ReadonlySet<string>
  /** From a name in its plain form to the code. */
  names: ReadonlyMap<string, string>
}

// Letters that Unicode does not take apart into a plain one and an accent.
const undecomposed: Record<string, string> = { ø: 'o', ł: 'l', đ: 'd', ß: 'ss', æ: 'ae', œ: 'oe', ı: 'i' }

const subdivisionsByCountry: ReadonlyMap<string, Subdivisions> = indexSubdivisions()

/** A country's name in English, or its code when it is unknown. */
export function countryName(code: string): string {
  return countryNames.get(code) ?? code
}

/** ISO 3166-1 alpha-2 in upper case, or undefined when there is no such country. */
export function resolveCountry(spelling: string): string | undefined {
  const code = spelling.trim().toUpperCase()
  return countryNames.has(code) ? code : undefined
}

/**
 * The ISO 3166-2 code of a subdivision that is named by code (`TX`, `US-TX`) or by name, whatever its case and accents;
 * the text as it is for a country that has no subdivisions; undefined when the country has some and this is none of them.
 */
export function resolveState(country: string, spelling: string): string | undefined {
  const given = spelling.trim()
  const subdivisions = subdivisionsByCountry.get(country)
  if (subdivisions === undefined) return given
  const upper = given.toUpperCase()
  const code = [upper, `${country}-${upper}`].find((candidate) => subdivisions.codes.has(candidate))
  return code ?? subdivisions.names.get(plain(given))
}

function indexSubdivisions(): Map<string, Subdivisions> {
  const index = new Map<string, { codes: Set<string>; names: Map<string, string> }>()
  // A region comes before a town inside it, so that a name they share means the region.
  const regionsFirst = [...iso31662].sort((one, other) => one.parent.length - other.parent.length)
  for (const { code, name } of regionsFirst) {
    const country = code.slice(0, 2)
    const entry = index.get(country) ?? { codes: new Set(), names: new Map() }
    index.set(country, entry)
    entry.codes.add(code)
    for (const spelling of spellings(name)) {
      if (!entry.names.has(spelling)) entry.names.set(spelling, code)
    }
  }
  return index
}

/** `Puducherry (Pondicherry)` is found under its whole name, and without what is in brackets. */
function spellings(name: string): string[] {
  return [name, name.replace(/\s*[([].*$/, '')].map(plain).filter((spelling) => spelling !== '')
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[øłđßæœı]/g, (letter) => undecomposed[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
