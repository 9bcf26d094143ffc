"""Brands: domains of organisations that look like their owners."""

from __future__ import annotations

from app.models.brand.brand import Brand, Slide, default_brand
from app.models.brand.site import BrandLook, BrandSite, BrandTrial

__all__ = ["Brand", "BrandLook", "BrandSite", "BrandTrial", "Slide", "default_brand"]
