import { useEffect, useState } from 'preact/hooks';
import type { RasterView } from '../map/raster-layers';
import { baseName, type Entry } from '../model';
import { Icon } from './icon';

interface LayersProps {
  rasters: Entry[];
  onChange(view: RasterView): void;
  onFit(): void;
}

/** Which rasters are shown, and how strongly. */
export function Layers({ rasters, onChange, onFit }: LayersProps) {
  const [opacity, setOpacity] = useState(1);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => onChange({ opacity, hidden }), [opacity, hidden]);

  function toggle(path: string) {
    const next = new Set(hidden);
    if (!next.delete(path)) next.add(path);
    setHidden(next);
  }

  return (
    <div class="layers">
      <button type="button" class="tool" onClick={onFit} title="Show everything" aria-label="Show everything on the map">
        <Icon name="target" />
      </button>
      {rasters.length > 0 && (
        <details>
          <summary class="tool" title="Layers" aria-label="Layers"><Icon name="raster" /></summary>
          <div class="layer-panel card">
            <label class="opacity">Opacity
              <input type="range" min="0" max="1" step="0.05" value={opacity}
                onInput={(event) => setOpacity(event.currentTarget.valueAsNumber)} />
            </label>
            <ul>
              {rasters.map(({ path }) => (
                <li key={path}>
                  <label title={path}>
                    <input type="checkbox" checked={!hidden.has(path)} onChange={() => toggle(path)} />
                    <span class="clip">{baseName(path)}</span>
                  </label>
                </li>
              ))}
            </ul>
          </div>
        </details>
      )}
    </div>
  );
}
