import { iso31661, iso31662 } from 'iso-3166'

const countryNames = new Map(iso31661.map((country) => [country.alpha2, country.name]))

interface Subdivisions {
  codes: ReadonlySet<string>
  /** The code of each name. Names are in the form of `simplify`. */
  names: ReadonlyMap<string, string>
}

// Letters that Unicode does not decompose into a base letter and an accent.
const undecomposed: Record<string, string> = { ø: 'o', ł: 'l', đ: 'd', ß: 'ss', æ: 'ae', œ: 'oe', ı: 'i' }

const subdivisionsByCountry: ReadonlyMap<string, Subdivisions> = indexSubdivisions()

/** The English name of a country; the code itself when it is unknown. */
export function countryName(code: string): string {
  return countryNames.get(code) ?? code
}

/** @returns the ISO 3166-1 alpha-2 code in upper case; undefined when there is no such country. */
export function resolveCountry(spelling: string): string | undefined {
  const code = spelling.trim().toUpperCase()
  return countryNames.has(code) ? code : undefined
}

/**
 * Finds a state by its code (`TX`, `US-TX`) or name. Case and accents do not matter.
 * @param country ISO 3166-1 alpha-2.
 * @returns the ISO 3166-2 code; the trimmed text for a country without subdivisions; undefined when the country has
 * subdivisions and the text names none of them.
 */
export function resolveState(country: string, spelling: string): string | undefined {
  const given = spelling.trim()
  const subdivisions = subdivisionsByCountry.get(country)
  if (subdivisions === undefined) return given
  const upper = given.toUpperCase()
  const code = [upper, `${country}-${upper}`].find((candidate) => subdivisions.codes.has(candidate))
  return code ?? subdivisions.names.get(simplify(given))
}

function indexSubdivisions(): Map<string, Subdivisions> {
  const index = new Map<string, { codes: Set<string>; names: Map<string, string> }>()
  // A region comes before a town in it, so that a name of both means the region.
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

/** The spellings of a name: the whole name, and the name without its part in brackets, as in `Puducherry (Pondicherry)`. */
function spellings(name: string): string[] {
  return [name, name.replace(/\s*[([].*$/, '')].map(simplify).filter((spelling) => spelling !== '')
}

/** Lower case letters and digits without accents, words separated by one space. */
function simplify(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[øłđßæœı]/g, (letter) => undecomposed[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
