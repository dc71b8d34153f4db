/** The map's colours, which follow the reader's preference for light or dark. */

export interface Palette {
  water: string;
  land: string;
  coast: string;
  border: string;
  graticule: string;
  footprint: string;
  photo: string;
  halo: string;
  selected: string;
}

const light: Palette = {
  water: '#dfe9ee',
  land: '#f6f4ee',
  coast: '#b4c3c9',
  border: '#d5d3c8',
  graticule: '#c3d0d6',
  footprint: '#0f766e',
  photo: '#0f766e',
  halo: '#ffffff',
  selected: '#d9480f',
};

const dark: Palette = {
  water: '#10181c',
  land: '#1c2529',
  coast: '#3d4d54',
  border: '#323f45',
  graticule: '#263237',
  footprint: '#4fd1bd',
  photo: '#4fd1bd',
  halo: '#0b1114',
  selected: '#ff9d5c',
};

export const prefersDark = matchMedia('(prefers-color-scheme: dark)');

export const palette = () => (prefersDark.matches ? dark : light);
