/** A beer of the shop: all invented. */
export interface Beer {
  /** Its name in URLs and in `data-tap-beer`. */
  slug: string;
  name: string;
  style: string;
  shelf: Shelf;
  /** One or two sentences. */
  about: string;
  /** Alcohol, percent by volume. */
  abv: number;
  /** Bitterness, international units. */
  ibu: number;
  /** Price of one bottle, euro cents. */
  priceCents: number;
  /** Serving temperature, degrees Celsius. */
  serveC: number;
  look: Look;
}

/** How `bottle` and `glass` draw it. */
export interface Look {
  bottle: 'longneck' | 'stubby' | 'champagne' | 'can';
  /** Colour of the bottle, or of the can. */
  bottleColour: string;
  beerColour: string;
  cap: string;
  label: 'band' | 'oval' | 'shield' | 'arch' | 'plaque';
  paper: string;
  ink: string;
  motif:
    | 'lantern'
    | 'boat'
    | 'sun'
    | 'wheat'
    | 'kite'
    | 'hop'
    | 'moon'
    | 'kettle'
    | 'cherry'
    | 'barn'
    | 'star'
    | 'hill';
  glass: 'pint' | 'tulip' | 'weizen' | 'mug';
}

export type Shelf = keyof typeof shelves;

/** The shelves of the vitrine and what their tabs say. */
export const shelves = { crisp: 'Crisp', hoppy: 'Hoppy', dark: 'Dark', wild: 'Sour and wild' } as const;

const brown = '#5b3413';
const green = '#32593a';

export const beers: readonly Beer[] = [
  {
    slug: 'lamplighter',
    name: 'Lamplighter',
    style: 'Pilsner',
    shelf: 'crisp',
    about: 'Pale, bright and dry, with a snap of herbs at the end. The first round and the last.',
    abv: 4.8,
    ibu: 34,
    priceCents: 260,
    serveC: 6,
    look: {
      bottle: 'longneck',
      bottleColour: green,
      beerColour: '#f2c14e',
      cap: '#d9a441',
      label: 'oval',
      paper: '#fbf3dd',
      ink: '#2f5233',
      motif: 'lantern',
      glass: 'pint',
    },
  },
  {
    slug: 'quiet-tide',
    name: 'Quiet Tide',
    style: 'Helles',
    shelf: 'crisp',
    about: 'Soft bread crust and a little honey. Nothing in it hurries.',
    abv: 5.0,
    ibu: 18,
    priceCents: 250,
    serveC: 6,
    look: {
      bottle: 'stubby',
      bottleColour: brown,
      beerColour: '#f4cc62',
      cap: '#3d7a8c',
      label: 'plaque',
      paper: '#d7ebee',
      ink: '#1d5566',
      motif: 'boat',
      glass: 'mug',
    },
  },
  {
    slug: 'sunday-wheat',
    name: 'Sunday Wheat',
    style: 'Wheat beer',
    shelf: 'crisp',
    about: 'Cloudy gold, clove and ripe banana, a head like meringue. Swirl the last third.',
    abv: 5.3,
    ibu: 14,
    priceCents: 290,
    serveC: 7,
    look: {
      bottle: 'longneck',
      bottleColour: brown,
      beerColour: '#eeb653',
      cap: '#e9dfc4',
      label: 'arch',
      paper: '#f6d98a',
      ink: '#6a4308',
      motif: 'wheat',
      glass: 'weizen',
    },
  },
  {
    slug: 'clear-morning',
    name: 'Clear Morning',
    style: 'Alcohol-free lager',
    shelf: 'crisp',
    about: 'Lemon peel and cereal, and the whole next day in front of you.',
    abv: 0.4,
    ibu: 20,
    priceCents: 220,
    serveC: 5,
    look: {
      bottle: 'can',
      bottleColour: '#f1e6cf',
      beerColour: '#f5d57c',
      cap: '#c9c4b8',
      label: 'band',
      paper: '#f39c4a',
      ink: '#5a2408',
      motif: 'sun',
      glass: 'pint',
    },
  },
  {
    slug: 'paper-kite',
    name: 'Paper Kite',
    style: 'Session pale ale',
    shelf: 'hoppy',
    about: 'Grapefruit, light as string, gone before you look up.',
    abv: 4.1,
    ibu: 32,
    priceCents: 310,
    serveC: 8,
    look: {
      bottle: 'can',
      bottleColour: '#2f6f73',
      beerColour: '#eab04a',
      cap: '#c9c4b8',
      label: 'band',
      paper: '#f7ead0',
      ink: '#b4411f',
      motif: 'kite',
      glass: 'pint',
    },
  },
  {
    slug: 'hedgerow',
    name: 'Hedgerow',
    style: 'India pale ale',
    shelf: 'hoppy',
    about: 'Resin, orange zest and a bitterness that stands up straight.',
    abv: 6.4,
    ibu: 62,
    priceCents: 360,
    serveC: 9,
    look: {
      bottle: 'longneck',
      bottleColour: brown,
      beerColour: '#d98a2b',
      cap: '#4f7a3a',
      label: 'shield',
      paper: '#dfe8c4',
      ink: '#35591f',
      motif: 'hop',
      glass: 'tulip',
    },
  },
  {
    slug: 'long-hill',
    name: 'Long Hill',
    style: 'Best bitter',
    shelf: 'hoppy',
    about: 'Toffee, hedge flowers, a dry finish. Better at the top than at the bottom.',
    abv: 4.2,
    ibu: 36,
    priceCents: 280,
    serveC: 11,
    look: {
      bottle: 'stubby',
      bottleColour: brown,
      beerColour: '#b8651b',
      cap: '#a63d2a',
      label: 'arch',
      paper: '#f3e2c2',
      ink: '#8a2f1d',
      motif: 'hill',
      glass: 'pint',
    },
  },
  {
    slug: 'night-crossing',
    name: 'Night Crossing',
    style: 'Porter',
    shelf: 'dark',
    about: 'Cocoa, black bread and a light on the far shore.',
    abv: 5.6,
    ibu: 30,
    priceCents: 340,
    serveC: 11,
    look: {
      bottle: 'longneck',
      bottleColour: '#3a2010',
      beerColour: '#3b1d0e',
      cap: '#c9a24d',
      label: 'oval',
      paper: '#1f2b44',
      ink: '#f0d9a0',
      motif: 'moon',
      glass: 'pint',
    },
  },
  {
    slug: 'kettle-black',
    name: 'Kettle Black',
    style: 'Oatmeal stout',
    shelf: 'dark',
    about: 'Espresso and oat cream, as thick as the evening outside.',
    abv: 6.1,
    ibu: 38,
    priceCents: 370,
    serveC: 12,
    look: {
      bottle: 'stubby',
      bottleColour: '#2c190d',
      beerColour: '#22110a',
      cap: '#1c1c1c',
      label: 'plaque',
      paper: '#efe4cf',
      ink: '#20140b',
      motif: 'kettle',
      glass: 'tulip',
    },
  },
  {
    slug: 'winter-star',
    name: 'Winter Star',
    style: 'Barley wine',
    shelf: 'dark',
    about: 'Fig, burnt sugar and old oak. A small glass and a big chair.',
    abv: 9.8,
    ibu: 48,
    priceCents: 690,
    serveC: 14,
    look: {
      bottle: 'champagne',
      bottleColour: '#40230f',
      beerColour: '#7a3413',
      cap: '#8e1f2f',
      label: 'shield',
      paper: '#7d1d2c',
      ink: '#f4d58d',
      motif: 'star',
      glass: 'tulip',
    },
  },
  {
    slug: 'stone-cherry',
    name: 'Stone Cherry',
    style: 'Cherry sour',
    shelf: 'wild',
    about: 'Whole cherries, a year in wood, tart as good news come late.',
    abv: 4.6,
    ibu: 8,
    priceCents: 520,
    serveC: 8,
    look: {
      bottle: 'champagne',
      bottleColour: green,
      beerColour: '#b3263a',
      cap: '#d7c9a7',
      label: 'oval',
      paper: '#fbe9e1',
      ink: '#9c1c33',
      motif: 'cherry',
      glass: 'tulip',
    },
  },
  {
    slug: 'hayloft',
    name: 'Hayloft',
    style: 'Saison',
    shelf: 'wild',
    about: 'Pepper, straw and lemon, bottled with the barn door open.',
    abv: 6.2,
    ibu: 24,
    priceCents: 480,
    serveC: 9,
    look: {
      bottle: 'champagne',
      bottleColour: brown,
      beerColour: '#e8a840',
      cap: '#b8873a',
      label: 'arch',
      paper: '#f7e9b8',
      ink: '#7a3b12',
      motif: 'barn',
      glass: 'weizen',
    },
  },
];

export function beerOf(slug: string): Beer | undefined {
  return beers.find((beer) => beer.slug === slug);
}

const euros = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

/** `260` as `€2.60`. */
export function price(cents: number): string {
  return euros.format(cents / 100);
}
